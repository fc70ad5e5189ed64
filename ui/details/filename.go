package details

import (
	"mime"
	"path"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/content"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// FileName suggests a name: the last part of the path, with an ending that fits the type.
func FileName(m message, decode bool) string {
	source := m.source()
	at, _, _ := strings.Cut(m.exchange.Path, "?")
	name := cleanName(path.Base("/" + at))
	if path.Ext(name) == "" {
		name += ending(source.ContentType)
	}
	if !decode {
		codings := map[string]string{"gzip": ".gz", "br": ".br", "zstd": ".zst", "deflate": ".zlib"}
		name += codings[strings.ToLower(strings.TrimSpace(source.Codings))]
	}
	return name
}

// maxFileName is in bytes; file systems take 255 with what is put behind it.
const maxFileName = 100

// cleanName makes a name that is a file's on every system out of one that came
// from the network. It is in no other folder and no stream of a file, shows all
// that it holds, is not hidden, no option of a program, and none of Windows' devices.
func cleanName(name string) string {
	if len(name) > maxFileName { // the end has the ending
		name = name[words.RuneStart(name, len(name)-maxFileName):]
	}
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || visible.Rune(r) != string(r) || strings.ContainsRune(`<>:"/\|?*%`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimRight(name, ". ") // Windows leaves them out, and opens another file
	if strings.Trim(name, "._- ~") == "" {
		return "body"
	}
	if strings.ContainsRune(".-~ ", rune(name[0])) {
		name = "_" + strings.TrimLeft(name, ".-~ ")
	}
	if base, _, _ := strings.Cut(name, "."); device(strings.TrimRight(base, " ")) {
		name = "_" + name
	}
	return name
}

// device reports whether Windows takes a name for a device, whatever its ending.
func device(base string) bool {
	base = strings.ToUpper(base)
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$":
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// endings where the system's table would give an odd one first.
var endings = map[string]string{"text/html": ".html", "text/plain": ".txt", "application/json": ".json", "image/jpeg": ".jpg",
	"text/javascript": ".js", "application/javascript": ".js", "application/xml": ".xml", "text/xml": ".xml"}

func ending(contentType string) string {
	media := content.MediaType(contentType)
	if e, ok := endings[media]; ok {
		return e
	}
	if all, err := mime.ExtensionsByType(media); err == nil && len(all) > 0 {
		return all[0]
	}
	return ".bin"
}
