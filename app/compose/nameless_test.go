package compose

import (
	"fmt"
	"slices"
	"testing"

	"posthouse/proxy/reason"
)

// What is sent without a name is said, with its places; what is off or needs no name is not.
func TestNamelessRows(t *testing.T) {
	d := New()
	if err := d.SetURL("http://a.test/"); err != nil {
		t.Fatal(err)
	}
	names := func() (said []string) {
		for _, p := range d.Problems() {
			if p.Kind >= FieldNameless {
				said = append(said, fmt.Sprint(p.Kind-FieldNameless, ": ", p.Says))
			}
		}
		return said
	}
	d.SetMode(Form)
	d.Body.Pairs = []Pair{{Raw: "a=1"}, {Raw: "=2"}, {Raw: "=3", Off: true}, {Raw: "="}, {Raw: ""}, {Raw: "b"}}
	d.PairsChanged()
	if got := names(); !slices.Equal(got, []string{"1: 2, 4"}) {
		t.Error(got)
	}
	d.SetMode(InParts)
	d.Body.Parts = NewMultipart()
	for _, name := range []string{"a", "", "", ""} {
		if err := d.Body.Parts.Add().SetName(name); err != nil {
			t.Fatal(err)
		}
	}
	d.Body.Parts.Parts[2].Off = true
	d.Body.Parts.Parts[3].Head = nil // one that is no part of a form
	if got := names(); !slices.Equal(got, []string{"2: 2"}) {
		t.Error(got)
	}
	d.SetMode(Text)
	d.Head = ParseHead([]byte(":method: GET\r\n:path: /\r\na: b\r\n"), nil)
	for range 7 {
		d.Head.Lines = append(d.Head.Lines, Line{Sep: ": ", Value: "x", End: crlf})
	}
	if got := names(); !slices.Equal(got, []string{"0: 4, 5, 6, 7, 8, …"}) {
		t.Error(got)
	}
}

// A request that is not begun is no problem; one whose URL is written and whose Host was taken away is.
func TestARequestThatIsNotBegunIsNoProblem(t *testing.T) {
	d := New()
	if all := d.Problems(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	if err := d.SetURL("http://a.test/"); err != nil {
		t.Fatal(err)
	}
	d.Head = ParseHead([]byte("GET / HTTP/1.1\r\nAccept: */*\r\n"), nil)
	if all := d.Problems(); len(all) != 1 || all[0].Kind != TwoReadings || all[0].Why.Code != reason.HostMissing {
		t.Errorf("%+v", all)
	}
}
