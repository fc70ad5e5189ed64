package har

import "posthouse/proxy/flow"

// cameExtra is what came of a response that rules, or a person, changed: the entry has what the
// client got.
type cameExtra struct {
	head    []byte
	body    flow.Body
	another bool // body is that of the origin; the entry has the one that went on in its place
}

var cameMembers = []member[cameExtra]{
	octets("head", func(c *cameExtra) *[]byte { return &c.head }),
	truth("anotherBody", func(c *cameExtra) *bool { return &c.another }),
	wholeBody("body", func(c *cameExtra) *flow.Body { return &c.body }),
}

// given is an exchange with the response that the client got; what came from the origin is put
// aside. It is x itself where that is the same.
func (c *cameExtra) given(x *flow.Exchange) *flow.Exchange {
	head := len(x.Ruled.Response) > 0 && len(x.ResponseHead) > 0
	c.another = x.Ruled.ResponseBody.State != flow.BodyNone
	if !head && !c.another {
		return x
	}
	out := *x
	if head {
		c.head, out.ResponseHead, out.Ruled.Response = x.ResponseHead, x.Ruled.Response, nil
	}
	if c.another {
		c.body, out.ResponseBody, out.Ruled.ResponseBody = x.ResponseBody, x.Ruled.ResponseBody, flow.Body{}
	}
	return &out
}

// restore undoes given.
func (c *cameExtra) restore(x *flow.Exchange) {
	if len(c.head) > 0 {
		x.Ruled.Response, x.ResponseHead = x.ResponseHead, c.head
	}
	if c.another {
		x.Ruled.ResponseBody, x.ResponseBody = x.ResponseBody, c.body
	}
}
