package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/josephspurrier/goversioninfo"
)

// iconNames are the program's icons: its own, which is the one that Explorer shows, and that of session
// files, which app/desktop/filetypes names by its number, 1.
var iconNames = []string{"app", "session"}

// iconSizes are the pictures of the Windows icon, in pixels.
var iconSizes = []int{16, 32, 48, 64, 256}

// manifest asks for no rights beyond the user's, paths longer than 260
// characters, and a sharp picture on every screen.
const manifest = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <assemblyIdentity type="win32" name="io.github.posthouse.%s" version="%s" processorArchitecture="*"/>
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3">
    <security><requestedPrivileges><requestedExecutionLevel level="asInvoker" uiAccess="false"/></requestedPrivileges></security>
  </trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1">
    <application><supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/></application>
  </compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3">
    <windowsSettings>
      <dpiAwareness xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">PerMonitorV2</dpiAwareness>
      <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
      <activeCodePage xmlns="http://schemas.microsoft.com/SMI/2019/WindowsSettings">UTF-8</activeCodePage>
    </windowsSettings>
  </application>
</assembly>
`

// writeResources writes what go build links into a Windows program: its icons,
// what Explorer shows of it, and its manifest. The pictures are read from
// assets/png below the working directory.
func writeResources(out, version, name, description string) error {
	stage, err := os.MkdirTemp("", "winres")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(stage) }()
	xml := filepath.Join(stage, "manifest.xml")
	var icons []string
	for _, name := range iconNames {
		ico, err := makeIcon("assets/png", name, iconSizes)
		if err != nil {
			return err
		}
		path := filepath.Join(stage, name+".ico")
		if err := os.WriteFile(path, ico, 0o600); err != nil {
			return err
		}
		icons = append(icons, path)
	}
	v := windowsVersion(version)
	four := fmt.Sprintf("%d.%d.%d.%d", v.Major, v.Minor, v.Patch, v.Build)
	if err := os.WriteFile(xml, fmt.Appendf(nil, manifest, name, four), 0o600); err != nil {
		return err
	}
	info := goversioninfo.VersionInfo{
		FixedFileInfo: goversioninfo.FixedFileInfo{FileVersion: v, ProductVersion: v, FileFlagsMask: "3f", FileFlags: "00",
			FileOS: "040004", FileType: "01", FileSubType: "00"},
		StringFileInfo: goversioninfo.StringFileInfo{CompanyName: "Posthouse", ProductName: "Posthouse", FileDescription: description,
			InternalName:     name,
			OriginalFilename: name + ".exe", FileVersion: version, ProductVersion: version, LegalCopyright: "Apache License 2.0"},
		VarFileInfo: goversioninfo.VarFileInfo{Translation: goversioninfo.Translation{LangID: 0x409, CharsetID: 0x4b0}},
		IconPath:    strings.Join(icons, ","), ApplicationIconPath: icons[0], ManifestPath: xml,
	}
	info.Build()
	info.Walk()
	return info.WriteSyso(out, "amd64")
}

// windowsVersion is the numeric beginning of a version.
func windowsVersion(version string) goversioninfo.FileVersion {
	var n [3]int
	numeric, _, _ := strings.Cut(strings.NewReplacer("-", "~", "+", "~").Replace(version), "~")
	for i, part := range strings.SplitN(numeric, ".", 3) {
		n[i], _ = strconv.Atoi(part)
	}
	return goversioninfo.FileVersion{Major: n[0], Minor: n[1], Patch: n[2]}
}

// makeIcon joins PNG pictures NAME-SIZE.png to an icon file: a directory of 6
// bytes and 16 for each picture, and the pictures.
func makeIcon(dir, name string, sizes []int) ([]byte, error) {
	var head, body bytes.Buffer
	little := binary.LittleEndian
	head.Write([]byte{0, 0, 1, 0, byte(len(sizes)), 0})
	for _, size := range sizes {
		picture, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, size)))
		if err != nil {
			return nil, err
		}
		b := []byte{byte(size), byte(size), 0, 0, 1, 0, 32, 0} // 256 is written as 0
		b = little.AppendUint32(b, uint32(len(picture)))
		b = little.AppendUint32(b, uint32(6+16*len(sizes)+body.Len()))
		head.Write(b)
		body.Write(picture)
	}
	return append(head.Bytes(), body.Bytes()...), nil
}
