//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestScreenshots takes the README's pictures. It runs where
// POSTHOUSE_SCREENSHOTS names the folder they go to (make screenshot).
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("POSTHOUSE_SCREENSHOTS")
	if folder == "" {
		t.Skip("takes pictures for the README, when POSTHOUSE_SCREENSHOTS names a folder (make screenshot)")
	}
	for _, c := range []struct {
		file, lang, theme string
		response          int // where the tab is, in pixels from the rail
	}{
		{"window.png", "en", "light", 358},
		{"window-dark.png", "en", "dark", 358},
		{"window-zh.png", "zh-Hans", "light", 289},
	} {
		t.Run(c.file, func(t *testing.T) {
			d := newDesktop(t, desktopOptions{})
			port := usualPort(t)
			d.settings(onPort(port) + fmt.Sprintf("[general]\nlanguage = %q\ntheme = %q\n", c.lang, c.theme))
			w := d.launch("-start").window()
			mustListen(t, port)
			showcase(t, d, port)
			d.settled(w.list())
			w.click(railWidth+300, barsHeight+17+2*26) // the third row
			d.settled(w.area)
			w.click(railWidth+c.response, -268)
			d.settled(w.area)
			w.d.do("xdotool", "mousemove", "--sync", itoa(w.area.Max.X-200), itoa(w.area.Max.Y+30))
			d.settled(w.area)
			d.picture(filepath.Join(folder, c.file), w.area)
		})
	}
}

// usualPort is the app's default, if no other program has it.
func usualPort(t *testing.T) int {
	if listens(9876) {
		return freePort(t)
	}
	return 9876
}

// showcase sends requests as a person's programs would.
func showcase(t *testing.T, d *desktop, port int) {
	web := shop(t)
	get := func(args ...string) {
		all := append([]string{"-sS", "-o", "/dev/null", "--max-time", "10", "-x", fmt.Sprintf("http://127.0.0.1:%d", port)}, args...)
		_, _ = d.try("curl", all...)
	}
	at := func(host, path string) string { return "http://" + host + ".localhost" + web + path }
	get(at("shop", "/"))
	get(at("cdn.shop", "/static/app.css"))
	get(at("api.shop", "/v1/products?page=2&sort=price"))
	get(at("cdn.shop", "/img/teapot.png"))
	get("-X", "POST", "-H", "Content-Type: application/json", "-d", `{"product":17,"count":2}`, at("api.shop", "/v1/cart"))
	get(at("api.shop", "/v1/orders/4711"))
	get("-X", "DELETE", at("api.shop", "/v1/cart/17"))
	get(at("api.shop", "/v1/recommendations"))
	get(at("cdn.shop", "/static/app.js"))
	get("http://stock.localhost:1/levels")
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 18_000)) }))
	t.Cleanup(secure.Close)
	_, tlsPort, _ := net.SplitHostPort(secure.Listener.Addr().String())
	get("-k", "https://pay.localhost:"+tlsPort+"/")
	get(at("shop", "/checkout"))
}

// shop is the origin of the pictures. ":port" is empty where port 80 could be had.
func shop(t *testing.T) (colonPort string) {
	ln, err := net.Listen("tcp", "127.0.0.1:80")
	if err != nil {
		ln, err = net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		colonPort = ":" + port
	}
	server := &http.Server{Handler: shopPages()}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return colonPort
}

const products = `{"page":2,"sort":"price","products":[{"id":16,"name":"Field kettle","price":24.5,"tags":["steel","1.2 l"],"stock":12},` +
	`{"id":17,"name":"驿站 teapot","price":31.0,"tags":["iron"],"stock":3},` +
	`{"id":18,"name":"Courier's cup","price":8.25,"tags":[],"stock":null}],"next":"/v1/products?page=3"}`

func shopPages() http.Handler {
	mux := http.NewServeMux()
	page := func(path, kind string, status int, wait time.Duration, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(wait) // so that the bars differ
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "max-age=60")
			w.Header().Add("Set-Cookie", "session=c2hvcA; Path=/; HttpOnly")
			w.WriteHeader(status)
			_, _ = w.Write(body)
		})
	}
	page("/{$}", "text/html; charset=utf-8", 200, 12*time.Millisecond, bytes.Repeat([]byte("<p>Welcome</p>\n"), 800))
	page("/static/app.css", "text/css", 200, 3*time.Millisecond, bytes.Repeat([]byte("p{margin:0}\n"), 700))
	page("/static/app.js", "text/javascript", 200, 6*time.Millisecond, bytes.Repeat([]byte("export const a = 1;\n"), 4000))
	page("/v1/products", "application/json", 200, 38*time.Millisecond, []byte(products))
	page("/img/teapot.png", "image/png", 200, 8*time.Millisecond, teapot())
	page("/v1/cart", "application/json", 201, 55*time.Millisecond, []byte(`{"cart":9}`))
	page("/v1/orders/4711", "application/json", 404, 14*time.Millisecond, []byte(`{"error":"no such order"}`))
	page("/v1/cart/17", "application/json", 204, 21*time.Millisecond, nil)
	page("/v1/recommendations", "application/json", 503, 88*time.Millisecond, []byte(`{"error":"try again later"}`))
	mux.Handle("/checkout", http.RedirectHandler("https://pay.localhost/", http.StatusFound))
	return mux
}

func teapot() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		img.Set(i%64, i/64, color.RGBA{uint8(i), uint8(i / 64 * 4), 120, 255})
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}
