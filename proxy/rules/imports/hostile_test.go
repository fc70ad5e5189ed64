package imports

import (
	"fmt"
	"os"
	"runtime"
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

// What an operation names is bounded before anything is made of it.
func TestOperationsThatNameMuch(t *testing.T) {
	var below strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&below, `"k%d":1,`, i)
	}
	long := strings.Repeat("x", 100<<10)
	for name, operation := range map[string]string{
		"values below a long name": `resMerge://({"` + long + `":{` + below.String() + `"k":1}})`,
		"a long path":              "reqMerge://" + strings.Repeat(".", 1<<20) + "=1",
		"a long path to delete":    "delete://resBody." + strings.Repeat(".", 1<<20),
		"many to delete":           "delete://" + strings.Repeat("resBody.a|", 100<<10),
		"many to replace":          "pathReplace://" + strings.Repeat("a=b&", 100<<10),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := ReadText("x", []byte("a.test "+operation+"\n"), nil)
			runtime.ReadMemStats(&after)
			if err != nil || len(r.Rules) != 1 || !r.Rules[0].Off {
				t.Fatal(err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
				t.Errorf("%d bytes", took)
			}
		})
	}
}

// What a rule can have is taken from operations that set values below others.
func TestMergedBelow(t *testing.T) {
	r, err := ReadText("x", []byte(`a.test resMerge://({"a":{"b":1,"c":{"d":"x"}}})`+"\n"), nil)
	if err != nil || len(r.Rules) != 1 || r.Rules[0].Off || len(r.Rules[0].Response.Body.JSON) != 2 {
		t.Fatalf("%v %+v", err, r)
	}
	if notes := r.Rules[0].Why; len(notes) != 1 || notes[0].Code != reason.ImportJSONBelow {
		t.Errorf("%v", notes)
	}
}

// A file of which no more can be taken or told is left.
func TestAFileIsLeftWhenNoMoreIsTaken(t *testing.T) {
	w := &whistle{Result: Result{Format: Whistle, written: rules.MaxFile}}
	w.read([]byte(strings.Repeat("a.test nothing://x\n", 2*maxLost)), nil)
	if !w.full() || len(w.Rules) != 0 || len(w.Lost) != maxLost {
		t.Error(w.full(), len(w.Rules), len(w.Lost))
	}
}

// A list that names a file of rules several times has it read once.
func TestExportedNamesAreReadOnce(t *testing.T) {
	r, err := ReadText("x", []byte(`{"":["a","a","none","b","a"],"a":"a.test statusCode://200",`+
		`"b":"b.test statusCode://200","c":"c.test statusCode://200"}`), nil)
	if err != nil || len(r.Rules) != 3 || r.Rules[0].Folder != "a" || r.Rules[1].Folder != "b" || r.Rules[2].Folder != "c" {
		t.Errorf("%v %+v", err, r)
	}
}
