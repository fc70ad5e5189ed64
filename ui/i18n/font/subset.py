#!/usr/bin/env python3
"""Writes cjk.ttf: the Chinese glyphs that the app's words and common text need.

Needs fonttools and Droid Sans Fallback (Debian: fonttools, fonts-droid-fallback).
Run it in this directory. Latin letters and signs that the toolkit's own font has
are left out, so that they are drawn with that; the space is not: the toolkit draws
one that follows a Chinese character with the same font.
"""
import glob, json, subprocess

SOURCE = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"

chars = set(" \u00a0，。、；：？！（）《》〈〉【】「」『』～￥％＋－＝／＜＞＠＃＆＊｜")
for name in glob.glob("../zh-Hans/*.json") + glob.glob("../said/zh-Hans.json") + ["../toolkit/zh-Hans.json"]:
    for words in json.load(open(name, encoding="utf-8")).values():
        chars |= {c for c in words if ord(c) >= 0x2E80}
for high in range(0xB0, 0xD8):  # GB 2312 level 1: the 3,755 most used characters
    for low in range(0xA1, 0xFF):
        try:
            chars.add(bytes([high, low]).decode("gb2312"))
        except UnicodeDecodeError:
            pass

subprocess.run(
    ["pyftsubset", SOURCE, "--text=" + "".join(sorted(chars)), "--output-file=cjk.ttf", "--no-hinting",
     "--layout-features=", "--drop-tables+=GSUB,GPOS,vhea,vmtx"],
    check=True,
)
