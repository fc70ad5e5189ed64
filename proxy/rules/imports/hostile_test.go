package imports

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// patience is how long a file of at most rules.MaxFile may take to be read: many times what it does.
const patience = 5 * time.Minute

// What is made to cost much does not: a file is read in time that its length tells.
func TestFilesThatCostMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads large files")
	}
	words := strings.Repeat("a ", 1_000_000)
	big := strings.Repeat(`{"k":1},`, 10_000)
	many := strings.Repeat("x", 4000)
	locations := strings.Repeat("<locationMatch><location><host>a-long-name.example.com</host></location><enabled>true</enabled>"+
		"</locationMatch>", 1_000)
	for name, text := range map[string]string{
		"texts between elements": "<map>" + strings.Repeat("some text<b/>", 150_000) + "</map>",
		"texts between remarks":  "<map><mapMapping>" + strings.Repeat("t<!---->", 500_000) + "</mapMapping></map>",
		"one long line":          words,
		"words that do nothing":  strings.Repeat("a.test "+strings.Repeat("x ", 190)+"\n", 1_000),
		"many for many": strings.Repeat("a.test "+strings.Repeat("statusCode://200 ", 90)+strings.Repeat("includeFilter://m:get ", 90)+"\n",
			3),
		"one value for all": "``` v\n[" + big + "1]\n```\n" + strings.Repeat("a.test resMerge://{v}\n", 3_000),
		"one text for all":  "``` v\n" + strings.Repeat(many, 200) + "\n```\n" + strings.Repeat("a.test file://{v}\n", 3_000),
		"places": "<rewriteSet-array><rewriteSet><active>true</active><name>x</name><hosts><locationPatterns>" + locations +
			"</locationPatterns></hosts><rules>" + strings.Repeat("<rewriteRule><ruleType>1</ruleType><newHeader>A</newHeader>"+
			"<newValue>b</newValue></rewriteRule>", 50) + "</rules></rewriteSet></rewriteSet-array>",
		"deep JSON": strings.Repeat("[", 1_000_000),
		"wide JSON": "[" + strings.Repeat(`{"url":"a","isEnabled":true},`, 20_000) + `{}]`,
		"stars":     strings.Repeat("^"+strings.Repeat("*a", 100)+".test/"+strings.Repeat("**b", 100)+" statusCode://200\n", 500),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			r, err := ReadText("x", []byte(text[:min(len(text), rules.MaxFile)]), nil)
			if err == nil {
				if len(r.Rules) > rules.MaxRules || len(r.Lost) > maxLost {
					t.Error(len(r.Rules), len(r.Lost))
				}
				_, err = r.Text(reason.English)
			}
			if took := time.Since(began); took > patience {
				t.Errorf("it took %v", took)
			} else {
				t.Log(took, err)
			}
		})
	}
}

// A list of more places than a condition holds becomes more rules.
func TestManyPlaces(t *testing.T) {
	var b strings.Builder
	b.WriteString("<blacklist><toolEnabled>true</toolEnabled><locations><locationPatterns>")
	for i := range 500 {
		fmt.Fprintf(&b, "<locationMatch><location><host>ads%d.example.com</host></location><enabled>true</enabled></locationMatch>", i)
	}
	b.WriteString("</locationPatterns></locations></blacklist>")
	r, err := ReadText("x", []byte(b.String()), nil)
	if err != nil || len(r.Lost) > 0 {
		t.Fatal(err, r.Lost)
	}
	var list []rules.Rule
	for _, one := range r.Rules {
		if one.Off {
			t.Error(one)
		}
		list = append(list, one.Rule)
	}
	set, err := rules.Compile(list, "")
	if err != nil || len(list) > 10 {
		t.Fatal(err, len(list))
	}
	for i := range 500 {
		if set.Request(rowOf(fmt.Sprintf("http://ads%d.example.com/", i))) == nil {
			t.Error(i)
		}
	}
}

// Names that strangers gave show what they are: nothing of them turns a line around.
func TestNamesAreClean(t *testing.T) {
	r, err := ReadText("x", []byte(`[{"name":"safe\u202eelbaton\u0007\n[[rule]]","url":"https://a.test/x","isEnabled":true,"action":{},`+
		`"regex":"useWildcard",`+
		`"localFile":{"path":"/srv/\u202eexe.txt"}}]`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := told(t, r); strings.ContainsAny(text, "\u202e\a") || len(r.Rules) != 1 || r.Rules[0].Name != "safe elbaton [[rule]]" {
		t.Error(text)
	}
}

// What is no file is no rules: a pipe is not waited for.
func TestReadNoFile(t *testing.T) {
	for _, path := range []string{os.DevNull, t.TempDir() + "/none"} {
		if r, err := Read(path, nil); err == nil {
			t.Errorf("%s: %+v", path, r)
		}
	}
}
