package details

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

const (
	// hostileTime and hostileMemory bound what opening the row of any body takes:
	// all that was allocated, also what was free again soon.
	hostileTime   = 30 * time.Second // of a machine that does much else
	hostileMemory = 1536 << 20
)

// hostile bodies are made to end a viewer, or to keep it busy.
func hostile(t *testing.T) []struct{ name, contentType, codings, body string } {
	file := func(name string) string {
		b, err := os.ReadFile("../../proxy/content/raster/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	many := func(what string) string { return strings.Repeat(what, (1<<20)/len(what)) }
	bombs := strings.Repeat("\x00", 16<<20)
	once := uitest.Packed("gzip", bombs)
	return []struct{ name, contentType, codings, body string }{
		{"WebP, transparency", "image/webp", "", file("crash-alpha.webp")},
		{"WebP, size", "image/webp", "", file("bomb-16384.webp")},
		{"WebP, size, called text", "text/html; charset=utf-16", "", file("bomb-16384.webp")},
		{"PNG, size", "image/png", "", uitest.HostilePNG(1<<16, 1<<16, 0, 1<<10)},
		{"PNG, just not too large", "image/png", "", uitest.HostilePNG(1<<22, 1, 0, 1<<22+1)},
		{"PNG, interlaced", "image/png", "", uitest.HostilePNG(2000, 2000, 1, 2000*2100)},
		{"GIF, frame", "image/gif", "", "GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02L\x01\x00;"},
		{"ICO", "image/x-icon", "", "\x00\x00\x01\x00\xff\x00" +
			strings.Repeat("\x00\x00\x00\x00\x01\x00\x20\x00\xff\xff\xff\x7f\x16\x00\x00\x00", 255)},
		{"gzip in gzip", "text/plain", "gzip, gzip, gzip, gzip",
			string(uitest.Packed("gzip", string(uitest.Packed("gzip", string(uitest.Packed("gzip", string(once)))))))},
		{"gzip of nothing, often", "text/plain", "gzip", strings.Repeat(string(uitest.Packed("gzip", "")), 10_000)},
		{"br", "application/json", "br", string(uitest.Packed("br", bombs[:4<<20]))},
		{"zstd, window", "text/plain", "zstd", "\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00\x00"},
		{"JSON, deep", "application/json", "", strings.Repeat("[", 1<<18) + strings.Repeat("]", 1<<18)},
		{"JSON, many lines", "application/x-ndjson", "", many("{}\nx\n")},
		{"JSON, escapes", "application/json", "", `"` + many(`\ud83d`) + `"`},
		{"JSON, guards", "text/plain", "", many(")]}',") + "{}"},
		{"JSON, padding", "application/json", "", many("a(") + ")"},
		{"XML, entities", "text/xml", "", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "x">` + many(`<!ENTITY b "&a;&a;">`) +
			`]><a>&b;</a>`},
		{"XML, deep", "text/xml", "", many("<a>")},
		{"XML, declaration", "text/xml", "", "<?xml " + many("encoding=")},
		{"SVG, uses", "image/svg+xml", "", `<svg xmlns="http://www.w3.org/2000/svg"><defs><g id="a"><use href="#a"/></g></defs>` +
			many(`<use href="#a"/>`)},
		{"HTML, tags", "text/html", "", many("<a ")},
		{"HTML, signs", "text/html", "", many("<")},
		{"HTML, ends", "text/html", "", many("</")},
		{"HTML, comments", "text/html", "", many("<!--")},
		{"HTML, meta", "text/html", "", many("<meta ")},
		{"HTML, scripts", "text/html", "", many("<script>")},
		{"HTML, attributes", "text/html", "", "<a " + many("b='c\" ")},
		{"CSS, blocks", "text/css", "", many("{")},
		{"CSS, comments", "text/css", "", many("/*")},
		{"script, templates", "text/javascript", "", many("`${")},
		{"script, slashes", "text/javascript", "", many("/[a")},
		{"script, brackets", "text/javascript", "", many("([{")},
		{"script, quotes", "text/javascript", "", many(`"\`)},
		{"form, fields", "application/x-www-form-urlencoded", "", many("a=%D6%D0&")},
		{"form, percents", "application/x-www-form-urlencoded; charset=hz-gb-2312", "", many("%")},
		{"multipart, boundaries", "multipart/mixed; boundary=X", "", many("--X\n")},
		{"multipart, heads", "multipart/form-data; boundary=X", "",
			many("--X\nContent-Disposition: form-data; name*0*=utf-8''%E4; name*1=\"\\\n\n\n")},
		{"multipart, near", "multipart/mixed; boundary=X", "", many("--XX")},
		{"parameters", "text/plain;" + strings.Repeat("a*0*=x;b=\"", 2000), "", "x"},
		{"charset, UTF-16", "text/plain; charset=utf-16", "", many("\x00\xd8")},
		{"charset, HZ", "text/plain; charset=hz-gb-2312", "", many("~{\xff~}~")},
		{"charset, ISO-2022-JP", "text/plain", "", many("\x1b$B\x1b(B")},
		{"charset, GB 18030", "text/plain; charset=gb18030", "", many("\x81\x30\x81")},
		{"lines", "text/plain", "", many("\n")},
		{"one line", "text/plain", "", many("\u202e\u0301a\x01")},
	}
}

// No body ends the app or keeps it busy, however it is opened: the whole way from
// the row to the screen, in every view.
func TestHostileBodiesFromRowToScreen(t *testing.T) {
	d := openDetails(t, "light", "en")
	for i, c := range hostile(t) {
		for mode := document.ModeReadable; mode <= document.ModeHex; mode++ {
			kind, _, _ := strings.Cut(c.name, ",")
			if mode != document.ModeReadable && !map[string]bool{"WebP": true, "charset": true, "one line": true}[kind] {
				continue // as text and in hex it is like others
			}
			x := uitest.SampleExchange(flow.ID(2+3*i+int(mode)), c.contentType, c.body)
			if c.codings != "" {
				x.ResponseHead = []byte(strings.Replace(string(x.ResponseHead), "\r\n\r\n",
					"\r\nContent-Encoding: "+c.codings+"\r\n\r\n", 1))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := time.Now()
			d.open(x, TabResponse)
			if mode != document.ModeReadable {
				d.ui(func() {
					d.response.body.choice.Mode = mode
					d.response.body.chosen()
				})
				d.until("it is shown so", d.settled)
			}
			d.win.Canvas().Capture()
			took := time.Since(begun)
			runtime.ReadMemStats(&after)
			used := after.TotalAlloc - before.TotalAlloc
			if body := d.response.body.shown; body == nil || body.Doc == nil && body.Picture == nil {
				t.Errorf("%s: nothing is shown", c.name)
			} else {
				for _, n := range body.Notices {
					if n.Text() == i18n.T("body.broken") {
						t.Errorf("%s: a reader did not survive it", c.name)
					}
				}
			}
			if took > time.Second || used > 256<<20 {
				t.Logf("%s, view %d: %v, %d MiB", c.name, mode, took, used>>20)
			}
			if took > hostileTime || used > hostileMemory {
				t.Errorf("%s, view %d: %v, %d MiB", c.name, mode, took, used>>20)
			}
		}
	}
}
