package har

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// written is a HAR of exchanges.
func written(t testing.TB, all ...*flow.Exchange) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, x := range all {
		if err := w.Write(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read is all that a file holds, and how the reading ended.
func read(t testing.TB, file []byte, limits archive.Limits) (all []*flow.Exchange, err error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), int64(len(file)), limits)
	if err != nil {
		return nil, err
	}
	for {
		x, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, x)
	}
}

// returned writes an exchange and reads it again.
func returned(t testing.TB, x *flow.Exchange) *flow.Exchange {
	t.Helper()
	file := written(t, x)
	all, err := read(t, file, archive.Limits{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d exchanges, %v:\n%.4000s", len(all), err, file)
	}
	return all[0]
}

// differences names the fields of two exchanges that are not the same. Times are the
// same moment, and no bytes are as good as none.
func differences(a, b *flow.Exchange) []string {
	var all []string
	compare("", reflect.ValueOf(*a), reflect.ValueOf(*b), &all)
	return all
}

func compare(path string, a, b reflect.Value, all *[]string) {
	differ := func(same bool) {
		if !same {
			*all = append(*all, fmt.Sprintf("%s: %.200q is not %.200q", path, fmt.Sprint(b), fmt.Sprint(a)))
		}
	}
	switch v := a.Interface().(type) {
	case time.Time:
		differ(v.Equal(b.Interface().(time.Time)))
		return
	case []byte:
		differ(bytes.Equal(v, b.Interface().([]byte)))
		return
	case netip.AddrPort, flow.Reason:
		differ(v == b.Interface())
		return
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			compare(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i), all)
		}
	case reflect.Slice:
		if differ(a.Len() == b.Len()); a.Len() == b.Len() {
			for i := range a.Len() {
				compare(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i), all)
			}
		}
	default:
		differ(reflect.DeepEqual(a.Interface(), b.Interface()))
	}
}

// filled gives every field of an exchange a value, whatever it may mean: what is added
// to flow later is filled too, and so is not forgotten here.
func filled(t testing.TB, r *rand.Rand, text func() string) *flow.Exchange {
	x := &flow.Exchange{}
	fill(t, "", reflect.ValueOf(x).Elem(), r, text)
	sane(x) // what no exchange has
	return x
}

func fill(t testing.TB, path string, v reflect.Value, r *rand.Rand, text func() string) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e9))))
		return
	case netip.AddrPort:
		ip := netip.AddrFrom4([4]byte{byte(r.Uint32()), 2, 3, byte(r.Uint32())})
		if r.IntN(3) == 0 {
			ip = netip.AddrFrom16([16]byte{0xfe, 0x80, 15: byte(r.Uint32())}).WithZone("eth0")
		}
		v.Set(reflect.ValueOf(netip.AddrPortFrom(ip, uint16(r.Uint32()))))
		return
	case flow.Reason:
		inner := flow.ReasonCode("inner").With(text())
		v.Set(reflect.ValueOf(flow.ReasonCode("some-code").With(text(), 17, time.Second, inner)))
		return
	case []byte:
		v.SetBytes([]byte(text()))
		return
	case flow.Kind, flow.Phase:
		v.SetUint(1 + r.Uint64N(4))
		return
	case flow.Failure:
		v.SetUint(r.Uint64N(uint64(len(failures.by)) + 1))
		return
	case flow.BodyState:
		v.SetUint(r.Uint64N(uint64(len(states.by))))
		return
	case flow.Mark, flow.TLSOutcome, flow.Trust:
		v.SetUint(r.Uint64N(4))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, path+"."+v.Type().Field(i).Name, v.Field(i), r, text)
		}
	case reflect.String:
		v.SetString(text())
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64() >> r.IntN(63))
		if v.Kind() == reflect.Int32 {
			v.SetInt(int64(r.Int32()))
		}
		if r.IntN(4) == 0 {
			v.SetInt(-v.Int())
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()))
		if r.IntN(2) == 0 {
			v.SetUint(r.Uint64N(8))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, path, v.Index(i), r, text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 3))
		for i := range v.Len() {
			fill(t, path, v.Index(i), r, text)
		}
	default:
		t.Fatalf("%s: nothing is known of %v: the writer has to learn it, and this test", path, v.Type())
	}
}

// Whatever an exchange holds comes back.
func TestOwnExchangesComeBackWithoutLoss(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	pieces := []string{"a", "GET",
		" ", "\r\n", ":", ": ", "HTTP/1.1", "HTTP/2.0", "200", "\x00", "\xff", "é", "\u2028", `"`, `\`, "{}", "/",
		"?", "#", "\n", "Content-Encoding: gzip\r\n", "://", "https", "ws", "\r\n\r\n", `{"har":{`, "\ufeff", "<", "名"}
	for i := range 3000 {
		x := filled(t, r, func() string {
			var b strings.Builder
			for range r.IntN(6) {
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
			return b.String()
		})
		if diff := differences(x, returned(t, x)); diff != nil {
			t.Fatalf("round %d:\n%s\n%s", i, strings.Join(diff, "\n"), written(t, x))
		}
	}
}

// The zero exchange comes back too.
func TestAnEmptyExchangeComesBack(t *testing.T) {
	x := &flow.Exchange{}
	x.Kind, x.Phase = flow.KindHTTP, flow.PhaseRequest
	if diff := differences(x, returned(t, x)); diff != nil {
		t.Error(strings.Join(diff, "\n"))
	}
}

// A file that says it is ours may be anybody's: nothing comes out of it that no exchange has.
func TestOwnMembersAreNotTrusted(t *testing.T) {
	x := one(t, `{"_posthouse":{"kind":200,"phase":"x","mark":77,"failure":255,"note":"`+strings.Repeat("é", 4000)+`","duration":-5,`+
		`"timing":{"end":-1},"status":-3,"requestSize":-1,"responseBody":{"state":9,"size":-7},"secure":{"chain":[1,{"der":"%"}]},`+
		`"start":["x"],"client":{"address":"x","port":99999},"reason":{"code":7,"args":"!"},"tls":[],"http2":{"stream":-1}}}`)
	if x.Kind != flow.KindHTTP || x.Phase != flow.PhaseDone || x.Mark != 0 || x.Failure != 0 || len(x.Note) > flow.MaxNote ||
		x.Duration != 0 || x.Timing.End != 0 || x.Status != 0 || x.RequestSize != 0 ||
		x.ResponseBody.Size != 0 || x.ResponseBody.State != 0 {
		t.Errorf("%+v", x)
	}
	if diff := differences(x, returned(t, x)); diff != nil {
		t.Error(strings.Join(diff, "\n"))
	}
}
