package details

import (
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// Every page as a person sees it.
func TestDetailsPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		tab               int
		x                 flow.Exchange
	}{
		{"overview-dark-en", "dark", "en", TabOverview, uitest.SampleExchange(1, "application/json", uitest.SampleJSON)},
		{"overview-light-zh", "light", "zh-Hans", TabOverview, uitest.SampleExchange(1, "application/json", uitest.SampleJSON)},
		{"failed-light-en", "light", "en", TabOverview, failedExchange()},
		{"tunnel-dark-en", "dark", "en", TabOverview, tunnelExchange()},
		{"request-form-light-en", "light", "en", tabRequest, formExchange()},
		{"response-json-dark-en", "dark", "en", TabResponse, uitest.SampleExchange(1, "application/json", uitest.SampleJSON)},
		{"response-json-light-en", "light", "en", TabResponse, uitest.SampleExchange(1, "application/json", uitest.SampleJSON)},
		{"response-json-light-zh", "light", "zh-Hans", TabResponse, cutExchange()},
		{"request-multipart-dark-zh", "dark", "zh-Hans", tabRequest, multipartExchange()},
		{"response-html-dark-en", "dark", "en", TabResponse, uitest.SampleExchange(1, "text/html", sampleHTML)},
		{"response-script-light-en", "light", "en", TabResponse, uitest.SampleExchange(1, "text/javascript", sampleScript)},
		{"response-image-light-en", "light", "en", TabResponse, uitest.SampleExchange(1, "image/png", uitest.SamplePicture(300, 200))},
		{"response-hex-dark-en", "dark", "en", TabResponse,
			uitest.SampleExchange(1, "application/octet-stream", strings.Repeat("\x00\x01\xfePosthouse", 40))},
		{"timing-light-en", "light", "en", tabTiming, decryptedExchange(t)},
		{"timing-dark-zh", "dark", "zh-Hans", tabTiming, arrivingInTLS(t)},
		{"raw-dark-en", "dark", "en", tabRaw, uitest.SampleExchange(1, "application/json", uitest.SampleJSON)},
		{"raw-light-zh", "light", "zh-Hans", tabRaw, uitest.SampleExchange(1, "application/json", uitest.SampleJSON)},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openDetails(t, c.theme, c.lang)
			d.open(c.x, c.tab)
			test.AssertRendersToImage(t, "details-"+c.name+".png", d.win.Canvas())
		})
	}
}

func TestSearchPicture(t *testing.T) {
	d := openDetails(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", uitest.SampleJSON), TabResponse)
	d.search("na", d.response.body.lines)
	test.AssertRendersToImage(t, "details-search-light-en.png", d.win.Canvas())
}

func failedExchange() flow.Exchange {
	x := uitest.SampleExchange(1, "", "")
	x.Phase, x.Failure, x.Status = flow.PhaseFailed, flow.FailureRefused, 502
	x.Reason = flow.ReasonCode("text").With("dial tcp 192.0.2.7:80: connect: connection refused")
	x.Timing = flow.Timing{Resolved: x.Timing.Resolved, End: x.Timing.Connected}
	x.Duration = x.Timing.End
	x.ResponseHead = []byte("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
	return x
}

func tunnelExchange() flow.Exchange {
	x := uitest.SampleExchange(1, "", "")
	x.Kind, x.Method, x.Scheme, x.Path, x.Host = flow.KindTunnel, "CONNECT", "", "", "www.example.test:443"
	x.TLS = flow.TLS{Seen: true, SNI: "www.example.test", ALPN: "h2,http/1.1", Version: "TLS 1.3"}
	x.RequestSize, x.ResponseSize, x.ContentType = 2345, 1_234_567, ""
	x.RequestHead = []byte("CONNECT www.example.test:443 HTTP/1.1\r\nHost: www.example.test:443\r\n\r\n")
	x.ResponseHead, x.ResponseBody = nil, flow.Body{}
	return x
}

func formExchange() flow.Exchange {
	x := uitest.SampleExchange(1, "text/html", "<p>Saved</p>")
	x.Method = "POST"
	body := "name=Ada+Lovelace&city=%E5%8C%97%E4%BA%AC&note=two%0Alines&empty="
	x.RequestHead = []byte(strings.Replace(strings.Replace(string(x.RequestHead), "GET", "POST", 1), "\r\n\r\n",
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 66\r\n\r\n", 1))
	x.RequestBody, x.RequestSize = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}, int64(len(body))
	return x
}

const (
	sampleHTML = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Post &amp; house</title>` +
		`<script>let n = 1; // count</script></head>` +
		`<body class="wide"><!-- the list --><h1>All <b>horses</b></h1><ul id=list>` +
		`<li><a href="/horses/7">Bucephalus</a><li>Marengo</ul></body></html>`
	sampleScript = `/* packed */"use strict";import{get}from"./net.js";export class Horse extends Animal{` +
		`constructor(name,age=4){super(name);this.age=age}` +
		"async ride(to){const stops=await get(`/stops?to=${to}`);for(const s of stops){if(/^post/i.test(s.name)&&s.free!==false)return " +
		"s}return null}}// end"
)

// multipartExchange uploads a form with a file.
func multipartExchange() flow.Exchange {
	x := formExchange()
	x.RequestHead = []byte(strings.Replace(strings.Replace(string(x.RequestHead), "application/x-www-form-urlencoded",
		"multipart/form-data; boundary=X", 1),
		"Content-Length: 66", "Content-Length: "+strconv.Itoa(len(uitest.SampleMultipart)), 1))
	x.RequestBody, x.RequestSize = uitest.Whole([]byte(uitest.SampleMultipart)), int64(len(uitest.SampleMultipart))
	return x
}

// cutExchange has a JSON body of which a part was kept.
func cutExchange() flow.Exchange {
	x := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
	x.ResponseBody = flow.Body{State: flow.BodyCut, Size: 5 << 20, Bytes: []byte(uitest.SampleJSON[:120])}
	return x
}

func TestPicturesWithIcons(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			d := openDetails(t, theme, "en")
			d.Overview.icons = uitest.KnownIcons(t, uiwidget.NewProgramIcons, uitest.Firefox)
			x := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
			x.App, x.AppPID, x.AppPath = "firefox", 4711, uitest.Firefox.Path
			d.open(x, TabOverview)
			test.AssertRendersToImage(t, "icons-details-"+theme+"-en.png", d.win.Canvas())
		})
	}
}
