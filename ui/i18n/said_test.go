package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestSaidInChinese(t *testing.T) {
	defer Set(English)
	for english, chinese := range map[string]string{
		"The origin a.test:80 refused the connection. Is its server running?": "源服务器 " +
			"a.test:80 拒绝了连接。它的服务在运行吗？",
		"The request was refused: the Host field appears more than once.": "请求被拒绝：Host " +
			"字段出现了不止一次。",
		"The origin 10.0.0.1:80 did not answer in time.": "源服务器 " +
			"10.0.0.1:80 未在限定时间内应答。",
		"The host a: b was not found: the name is not known. Check the spelling and the name server.": "找不到主机 a: " +
			"b：域名不存在。请检查拼写和域名服务器。",
		"The answer of the upstream proxy http://p:1 is not valid HTTP/1.1: a line ends in a bare LF instead of CR LF.": "上游代理 " +
			"http://p:1 的响应不是有效的 HTTP/1.1：有一行以单独的 LF 而不是 CR LF 结尾。",
		"The upstream proxy http://p:1 wants other credentials: it answered 407.": "上游代理 " +
			"http://p:1 需要其他凭据：它应答了 407。",
		"The request was refused: Content-Length does not say how long its body is.": "请求被拒绝：Content-Length 与正文的长度不符。",
		"Wi-Fi/web could not be written: it still holds \"off\"": "无法写入 " +
			"Wi-Fi/web：其值仍为 \"off\"",
		"the system proxy was not changed: Wi-Fi: a proxy with a user name and a password is set, which Posthouse could not put back: " +
			"switch the password off in the network settings, and give that proxy to Posthouse as its upstream proxy": "" +
			"系统代理未更改：Wi-Fi：已设置带用户名和密码的代理，Posthouse 无法将其恢复：" +
			"请在网络设置中关闭密码，并在 Posthouse 中把它设为上游代理",
		"The origin a.test:443 insists on a client certificate (alert bad_certificate). There is one in the settings, and other devices " +
			"do not use it (lan.credentials lets them).": "源服务器 a.test:443 坚持要求客户端证书（警报 " +
			"bad_certificate）。设置中有一个证书，但其他设备不使用它（可用 lan.credentials 允许）。",
		"The origin a.test:443 insists on a client certificate (alert bad_certificate). Add one for this host to the settings.": "" +
			"源服务器 a.test:443 坚持要求客户端证书（警报 bad_certificate）。请在设置中为此主机添加证书。",
		"The upstream proxy http://p:1 wants other credentials: it asks for a user and password, and other devices do not use those of " +
			"this computer (lan.credentials in the settings lets them).": "上游代理 http://p:1 需要其他凭据：它要求用户名和密码，而其他设备不使用本机的登录信息（可在设置中用 " +
			"lan.credentials 允许）。",
		"dial: strange": "dial: strange",
		"":              "",
	} {
		Set(Chinese)
		if got := Said(english); got != chinese {
			t.Errorf("%q\nis   %q\nwant %q", english, got, chinese)
		}
		Set(English)
		if got := Said(english); got != english {
			t.Errorf("in English %q is %q", english, got)
		}
	}
}

// Every code of the engine has words in both languages, with as many arguments as it has
// in English there.
func TestEveryReasonOfTheEngineHasWords(t *testing.T) {
	codes := map[string]string{}
	code := calls(t, "../../proxy/reason", "", "say", 0)
	for i, sentence := range calls(t, "../../proxy/reason", "", "say", 1) {
		codes["why."+code[i]] = sentence
	}
	if len(codes) < 150 || len(code) != len(codes) {
		t.Fatalf("%d codes, %d sentences", len(code), len(codes))
	}
	for lang, c := range catalogues {
		for key, sentence := range codes {
			words, ok := c.words[key]
			if got, want := len(verb.FindAllString(words, -1)), strings.Count(sentence, "%s"); !ok || got != want {
				t.Errorf("%s: %q is %q, which has %d arguments, not %d", lang, key, words, got, want)
			}
		}
		for key := range c.words {
			if _, ok := codes[key]; strings.HasPrefix(key, "why.") && !ok {
				t.Errorf("%s: %q is no code of the engine", lang, key)
			}
		}
	}
}

// calls are the texts of sentences for a function of a package, "" for one of the same.
func calls(t *testing.T, dir, pkg, function string, n int) (all []string) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal("no sources in", dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) <= n {
				return true
			}
			if !isFunction(call.Fun, pkg, function) {
				return true
			}
			if s, constant := joinedText(call.Args[n]); constant {
				all = append(all, s)
			}
			return true
		})
	}
	return all
}

func isFunction(e ast.Expr, pkg, function string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return pkg == "" && e.Name == function
	case *ast.SelectorExpr:
		of, ok := e.X.(*ast.Ident)
		return ok && of.Name == pkg && e.Sel.Name == function
	}
	return false
}

// joinedText is a text put together with +; constant tells whether any of it is one.
func joinedText(e ast.Expr) (text string, constant bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		a, oneConstant := joinedText(e.X)
		b, otherConstant := joinedText(e.Y)
		return a + b, oneConstant || otherConstant
	case *ast.Ident:
		if e.Name == "addCertificate" {
			return "Add one for this host to the settings.", true
		}
	}
	return "%s", false
}

// What the system proxy's part says has its words too.
func TestEverySentenceOfTheSystemProxyIsKnown(t *testing.T) {
	defer Set(English)
	Set(Chinese)
	count := 0
	verb := regexp.MustCompile(`%[qdvw]`)
	check := func(s string) {
		if s = strings.TrimSpace(s); !strings.ContainsFunc(s, func(r rune) bool { return r == ' ' }) ||
			strings.ReplaceAll(s, "%s", "") == ": " {
			return // names and colons alone
		}
		count++
		if filled := verb.ReplaceAllString(s, "%s"); Said(strings.ReplaceAll(filled, "%s", "X")) == strings.ReplaceAll(filled, "%s", "X") {
			t.Errorf("%q has no words in Chinese (ui/i18n/said)", s)
		}
	}
	dir := "../../app/desktop/sysproxy"
	for _, s := range calls(t, dir, "fmt", "Fprintf", 1) {
		check(s)
	}
	for _, name := range []struct{ pkg, function string }{{"fmt", "Errorf"}, {"errors", "New"}} {
		for _, s := range calls(t, dir, name.pkg, name.function, 0) {
			if strings.Contains(s, "system proxy") || strings.Contains(s, "settings are") || strings.Contains(s, "macOS") ||
				strings.Contains(s, "could not put back") || strings.Contains(s, "watchdog") {
				check(verb.ReplaceAllString(s, "%s"))
			}
		}
	}
	for _, s := range calls(t, "../../app/desktop/autostart", "errors", "New", 0) {
		check(s)
	}
	if count < 20 {
		t.Errorf("only %d sentences were found", count)
	}
}
