package redact

import "strings"

// place is where a name is read: what a name means differs.
type place uint8

const (
	inField  place = iota // of a head
	inParam               // of a query, a fragment or a form
	inMember              // of JSON, XML, a multipart body
)

// shape is how a value with a secret in it is made up.
type shape uint8

const (
	shapeNone        shape = iota // no secret is in it
	shapeSecret                   // all of it is one
	shapeCredentials              // a scheme, and what follows it
	shapeCookies                  // of Cookie
	shapeSetCookie
	shapeChallenge // a scheme, and a token in some
)

// whole are the names that are known as a whole, for each place, and what their values are. fits says
// which lengths they have, by their last letter: of most names it is then plain that they are none.
var (
	whole = wholeNames()
	fits  = fitting()
)

func wholeNames() (all [3]map[string]shape) {
	for p := range all {
		all[p] = map[string]shape{}
		for name := range exact {
			all[p][name] = shapeSecret
		}
	}
	for name := range ofParams {
		all[inParam][name] = shapeSecret
	}
	for name, how := range shapes {
		all[inField][name], all[inMember][name] = how, how
	}
	return all
}

func fitting() (all [3][256]uint64) {
	for p := range all {
		for name := range whole[p] {
			all[p][name[len(name)-1]] |= 1 << len(name)
		}
	}
	return all
}

// shapes are names whose values are made up in a way of their kind. Names are compared in
// lower case and without all that is neither a letter nor a digit.
var shapes = map[string]shape{
	"cookie": shapeCookies, "setcookie": shapeSetCookie, "setcookie2": shapeSetCookie, "cookie2": shapeCookies,
	"wwwauthenticate": shapeChallenge, "proxyauthenticate": shapeChallenge,
	"authenticationinfo": shapeCredentials, "proxyauthenticationinfo": shapeCredentials,
}

// exact are whole names; endings are what names end with, too.
var (
	exact = setOf(`auth jwt bearer pass pwd pin otp totp mfa cvv cvc cvv2 cvc2 securitycode sid session sessid phpsessid jsessionid
		aspnetsessionid connectsid ssotoken samlresponse wresult clientassertion assertion codeverifier usercode devicecode
		authorizationcode authcode csrf xsrf requestverificationtoken accesskeysecret sharedaccesssignature connectionstring
		tokens secrets passwords credentials apikeys cookies setcookies subscriptionkey ocpapimsubscriptionkey`)
	endings = []string{"password", "passwd", "passphrase", "passcode", "passwordhash", "passwordconfirmation", "passwordconfirm",
		"passwordrepeat", "passwordagain", "secret", "secretkey", "token", "apikey", "accesskey", "privatekey", "authkey",
		"signingkey", "encryptionkey", "masterkey", "sharedkey", "accountkey", "licensekey", "sessionid", "sessionkey", "sessiontoken",
		"credential", "authorization", "csrftoken", "jwtassertion", "bearertoken", "tokenvalue", "subscriptionkey"}
	// ofParams are names that are a secret's in a query, a fragment or a form, and are too common elsewhere.
	ofParams = setOf(`code key sig signature hmac ticket hash samlrequest oauthsignature oauthverifier verifier apisig`)
	// paramEndings are those of signed URLs, too: X-Amz-Signature, X-Goog-Credential.
	paramEndings = []string{"signature", "apikeyid", "verifier"}
	// fieldEndings are those of fields alone.
	fieldEndings = []string{"signature", "session", "auth", "cookie", "hmac", "hmacsha"}
	// qualifiers stand behind a name that is a secret's by its ending: password_current.
	qualifiers = []string{"new", "old", "current", "confirm", "confirmation", "repeat", "again", "verify", "verification", "value", "plain",
		"text", "v"}
	// noKeys are fields that begin with x and end with key, and are none.
	noKeys = setOf(`xcachekey xsurrogatekey xidempotencykey xvarykey xhashkey xpartitionkey`)
)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// byLast are endings by their last letter, for each place: most names are told by it.
var byLast = func() (all [3][256][]string) {
	for p := range all {
		list := endings
		switch place(p) {
		case inParam:
			list = append(list[:len(list):len(list)], paramEndings...)
		case inField:
			list = append(list[:len(list):len(list)], fieldEndings...)
		}
		for _, ending := range list {
			last := ending[len(ending)-1]
			all[p][last] = append(all[p][last], ending)
		}
	}
	return all
}()

// maxName is the longest name that is looked at, in bytes.
const maxName = 64

// names are those that are given besides the ones known here.
type names struct {
	exact    map[string]bool
	patterns []string // simplified, with a * at the beginning, at the end, or both
}

// newNames takes names with a * at either end; case, - and _ do not matter.
func newNames(more []string) (n names) {
	n.exact = map[string]bool{}
	for _, name := range more {
		core := string(simplified(nil, []byte(strings.Trim(name, "*"))))
		switch first, last := strings.HasPrefix(name, "*"), strings.HasSuffix(name, "*"); {
		case core == "":
		case first && last:
			n.patterns = append(n.patterns, "*"+core+"*")
		case first:
			n.patterns = append(n.patterns, "*"+core)
		case last:
			n.patterns = append(n.patterns, core+"*")
		default:
			n.exact[core] = true
		}
	}
	return n
}

func matches(pattern, name string) bool {
	first, last := pattern[0] == '*', pattern[len(pattern)-1] == '*'
	core := strings.Trim(pattern, "*")
	switch {
	case first && last:
		return strings.Contains(name, core)
	case first:
		return strings.HasSuffix(name, core)
	}
	return strings.HasPrefix(name, core)
}

// simplified is a name in lower case, letters and digits alone. Bytes beyond ASCII count as letters.
func simplified(to, name []byte) []byte {
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			to = append(to, c|0x20)
		case c >= 'a' && c <= 'z' || isDigit(c) || c >= 0x80:
			to = append(to, c)
		}
	}
	return to
}

// shape is what the value of a name holds.
func (n *names) shape(name []byte, p place) shape {
	if len(name) == 0 || len(name) > maxName {
		return shapeNone
	}
	var room [maxName]byte
	short := simplified(room[:0], name)
	if len(short) < 3 {
		if len(n.exact) > 0 && n.exact[string(short)] {
			return shapeSecret
		}
		return shapeNone
	}
	if fits[p][short[len(short)-1]]&(1<<len(short)) != 0 {
		if how, ok := whole[p][string(short)]; ok {
			return how
		}
	}
	if n.given(short) {
		return shapeSecret
	}
	tail := short
	for len(tail) > 0 && isDigit(tail[len(tail)-1]) { // password2
		tail = tail[:len(tail)-1]
	}
	if p == inField && isKeyField(short) {
		return shapeSecret
	}
	if len(tail) == 0 {
		return shapeNone
	}
	if how := ofEnding(tail, p); how != shapeNone {
		return how
	}
	return qualified(tail, len(tail) < len(short), p)
}

// ofEnding is what a name says by its ending.
func ofEnding(name []byte, p place) shape {
	for _, ending := range byLast[p][name[len(name)-1]] {
		if len(name) >= len(ending) && string(name[len(name)-len(ending):]) == ending {
			if ending == "authorization" && p != inParam {
				return shapeCredentials
			}
			return shapeSecret
		}
	}
	return shapeNone
}

// qualified is what a name says before a qualifier; that of a version has digits behind it.
func qualified(name []byte, digits bool, p place) shape {
	for _, q := range qualifiers {
		core := len(name) - len(q)
		if core < 3 || name[core] != q[0] || string(name[core:]) != q || q == "v" && !digits {
			continue
		}
		if core == len("pwd") && string(name[:core]) == "pwd" || core == len("pass") && string(name[:core]) == "pass" {
			return shapeSecret
		}
		if how := ofEnding(name[:core], p); how != shapeNone {
			return how
		}
	}
	return shapeNone
}

// given reports whether a name is one of those that were given.
func (n *names) given(short []byte) bool {
	if len(n.exact) > 0 && n.exact[string(short)] {
		return true
	}
	for _, pattern := range n.patterns {
		if matches(pattern, string(short)) {
			return true
		}
	}
	return false
}

// isKeyField knows X-Functions-Key and the like.
func isKeyField(short []byte) bool {
	return short[0] == 'x' && string(short[len(short)-3:]) == "key" && !noKeys[string(short)]
}
