package proxy_test

import (
	"strconv"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/rules"
)

// What a trial says of an exchange is what the rules did to it: in the same words, with the same
// heads. The two are written apart, and this keeps them together.
func TestTrialsSayWhatRulesDo(t *testing.T) {
	for name, text := range map[string]string{
		"heads": "[[rule]]\nname='a'\nrequest={set=['X-One: 2'], remove=['Cookie']}\nresponse={add=['X-Seen: 1'], status=203}\n" +
			"[[rule]]\nname='b'\nresponse.replace=[{field='X-Seen', find='1', with='2'}]\n",
		"late": "[[rule]]\nname='a'\nwhen='status:200'\nresponse.set=['X: 1']\nlast=true\n[[rule]]\nname='b'\nrequest.set=['Y: 1']\n" +
			"response.set=['Z: 1']\n",
		"not late": "[[rule]]\nname='a'\nwhen='status:404'\nresponse.set=['X: 1']\n[[rule]]\nname='b'\nwhen='method:post'\nblock='403'\n",
		"last":     "[[rule]]\nname='a'\nrequest.set=['X: 1']\nlast=true\n[[rule]]\nname='b'\nblock='403'\n",
		"answer": "[[rule]]\nname='a'\nanswer={status=201, text='[]', type='application/json', fields=['X: 1']}\n" +
			"[[rule]]\nname='b'\nresponse.set=['X: 2', 'Y: 3']\n",
		"two":        "[[rule]]\nname='a'\nanswer.text='hi'\n[[rule]]\nname='b'\nblock='403'\n[[rule]]\nname='c'\nanswer.text='no'\n",
		"file":       "[[rule]]\nname='a'\nanswer.file='users.json'\n",
		"no file":    "[[rule]]\nname='a'\nanswer.file='none.json'\n",
		"kept":       "[[rule]]\nname='a'\nanswer={file='none.json', missing='error'}\n",
		"message":    "[[rule]]\nname='a'\nanswer.message='users.json'\n[[rule]]\nname='b'\nanswer.text='hi'\n",
		"folder":     "[[rule]]\nname='a'\nanswer.folder='.'\n",
		"own folder": "[[rule]]\nname='a'\nanswer={folder='.', missing='error'}\n[[rule]]\nname='b'\nanswer.text='hi'\n",
		"blocked":    "[[rule]]\nname='a'\nrequest.set=['X: 1']\n[[rule]]\nname='b'\nblock='403'\n",
		"bodiless":   "[[rule]]\nname='a'\nresponse.status=204\n[[rule]]\nname='b'\nresponse.set=['X: 1']\n",
		"target":     "[[rule]]\nname='a'\nrequest.query.set=['q=2']\nsend.path='/b'\n",
		"page":       "[[rule]]\nname='a'\ncors=true\n",
		"unrecorded": "[[rule]]\nname='a'\nrecord=false\nresponse.set=['X: 1']\n",
		"delayed":    "[[rule]]\nname='a'\ndelay={request='1ms', response='2ms'}\n",
		"two wait":   "[[rule]]\nname='a'\ndelay={request='1ms', response='2ms'}\n[[rule]]\nname='b'\ndelay={request='3ms', piece='1ms'}\n",
		"answers wait": "[[rule]]\nname='a'\nanswer.text='hi'\n[[rule]]\nname='b'\ndelay={request='1ms', response='2ms'}\n" +
			"[[rule]]\nname='c'\nwhen='status:200'\ndelay.response='2ms'\nlast=true\n[[rule]]\nname='d'\ndelay.response='9m'\n",
		"blocks wait": "[[rule]]\nname='a'\nblock='403'\ndelay.response='2ms'\n",
		"body":        "[[rule]]\nname='a'\nresponse.body.replace=[{find='hi', with='ho'}]\n",
		"no body":     "[[rule]]\nname='a'\nrequest.body.text='x'\n",
		"not found":   "[[rule]]\nname='a'\nresponse.body.replace=[{find='zz', with='ho'}]\n",
		"no json":     "[[rule]]\nname='a'\nresponse.body.json=[{path='$.a', value='1'}]\n[[rule]]\nname='b'\nresponse.body.text='ho'\n",
		"changed": "[[rule]]\nname='a'\nanswer.text='hi'\n[[rule]]\nname='b'\nresponse.body.replace=[{find='hi', with='ho'}]\n" +
			"[[rule]]\nname='c'\nresponse.body.json=[{path='$.a', value='1'}]\n",
		"slow":    "[[rule]]\nname='a'\nthrottle={down='1 Mbit/s', latency='1ms'}\n",
		"nothing": "[[rule]]\nname='a'\nrequest.remove=['X-None']\n",
		"off":     "[[rule]]\nname='a'\noff=true\nblock='403'\n",
	} {
		t.Run(name, func(t *testing.T) {
			set := ruleSet(t, text)
			p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: set}})
			origin, client := p.Origin(), p.Client()
			client.Send("GET http://{origin}/a?q=1 HTTP/1.1\r\nHost: {origin}\r\nX-One: 1\r\n" +
				"Cookie: a=b\r\nOrigin: http://page.test\r\n\r\n")
			row := flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Method: "GET", Scheme: "http", Host: origin.Addr(),
				Path: "/a?q=1"}
			request := []rules.Field{{Name: "Host", Value: row.Host}, {Name: "X-One", Value: "1", At: 1}, {Name: "Cookie", Value: "a=b",
				At: 2},
				{Name: "Origin", Value: "http://page.test", At: 3}}
			response := []rules.Field{{Name: "Content-Length", Value: "2"}}
			early := set.Try(&row, request, nil)
			if early.Answered == nil && early.Blocked == nil {
				at := origin.Accept()
				got := at.ExpectHead()
				for _, line := range early.Request {
					if has := strings.Contains(got, line.Name+": "+line.Value+"\r\n"); has != (line.How != rules.KeptNot) &&
						line.Name != "Host" {
						t.Errorf("%c%s: %s, and the origin got\n%s", line.How, line.Name, line.Value, got)
					}
				}
				if !strings.HasPrefix(got, "GET "+early.Target[1]+" ") {
					t.Errorf("target %s, and the origin got\n%s", early.Target[1], got)
				}
				at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
				row.Phase, row.Status = flow.PhaseDone, 200
			} else {
				response = nil
			}
			bodies := [2]rules.TrialBody{{Known: true}, {Known: true, Bytes: []byte("hi")}}
			trial := set.TryWhole(t.Context(), &row, request, response, bodies)
			head := client.ExpectHead()
			for _, line := range trial.Response {
				if has := strings.Contains(head, line.Name+": "+line.Value+"\r\n"); has != (line.How != rules.KeptNot) {
					t.Errorf("%c%s: %s, and the client got\n%s", line.How, line.Name, line.Value, head)
				}
			}
			x := p.Exchange(1)
			if !strings.HasPrefix(head, "HTTP/1.1 ") || !strings.Contains(head[:13], strconv.Itoa(trial.Status)) {
				t.Errorf("status %d, and the client got\n%s", trial.Status, head)
			}
			counts := map[flow.Reason]int{}
			for _, r := range x.Ruled.Did {
				counts[r]++
			}
			for _, r := range trial.Did {
				counts[r]--
			}
			for r, n := range counts {
				if n != 0 {
					t.Errorf("%v: told %+d times more than tried", r, n)
				}
			}
		})
	}
}
