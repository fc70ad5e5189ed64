package redact

import (
	"bytes"
	"slices"
	"strings"
)

// Credentials (RFC 9110 section 11.4): a scheme, and then a token or parameters.

// maxScheme is the longest word that is taken for a scheme, in bytes.
const maxScheme = 32

// openParams are parameters of credentials that are no secret.
var openParams = setOf(`realm qop nc uri algorithm charset userhash type version stale domain scope error error_description
	error_uri signedheaders headers oauth_version oauth_signature_method oauth_timestamp method`)

// tokenSchemes are the schemes that one token follows.
var tokenSchemes = []string{"bearer", "basic", "negotiate", "ntlm", "token", "apikey", "dpop", "kerberos"}

// isKnownScheme reports whether a word, in lower case, is a scheme: those of IANA and what many use.
// Another word may be a part of the secret.
func isKnownScheme(word string) bool {
	return schemes[word] || strings.HasPrefix(word, "aws4-") || strings.HasPrefix(word, "goog4-") || strings.HasPrefix(word, "scram-")
}

var schemes = setOf(`basic bearer concealed digest dpop gnap hoba mutual negotiate oauth privatetoken vapid ntlm kerberos token apikey
	api-key aws hawk mac signature hmac jwt ssws bot key geniekey googlelogin webpush wsse sharedkey sharedkeylite sharedaccesssignature
	client-id zoho-oauthtoken eg1-hmac-sha256 acs3-hmac-sha256 tc3-hmac-sha256 hmac-sha256 splunk`)

// credentials masks what follows the scheme. In a challenge only tokens are masked, for its
// parameters are no secret.
func (s values) credentials(from, to int, challenge bool, read reading) {
	value := s.b[from:to]
	n := bytes.IndexAny(value, " \t")
	if n < 0 || n > maxScheme || !isScheme(value[:n]) {
		switch {
		case challenge: // Negotiate alone
		case n < 0 && !isParams(value):
			s.mask(Credentials, from, to, read(value), false)
		case n < 0 || isParams(value):
			s.credentialParams(from, to, read)
		default:
			s.mask(Credentials, from, to, read(value), false)
		}
		return
	}
	scheme := strings.ToLower(string(value[:n]))
	if !challenge && !isKnownScheme(scheme) {
		s.mask(Credentials, from, to, read(value), false)
		return
	}
	rest := from + n
	for rest < to && (s.b[rest] == ' ' || s.b[rest] == '\t' || s.b[rest] == '\r' || s.b[rest] == '\n') {
		rest++
	}
	switch token := s.b[rest:to]; {
	case challenge && !isParams(token) && scheme != "basic":
		s.mask(Credentials, rest, to, read(token), false)
	case challenge:
	case slices.Contains(tokenSchemes, scheme) && !(scheme == "token" && isParams(token)):
		s.token(scheme, rest, to, read)
	case isParams(token):
		s.credentialParams(rest, to, read)
	default:
		s.mask(Credentials, rest, to, read(token), false)
	}
}

// token masks one token; of Basic what it says is remembered, too.
func (s values) token(scheme string, from, to int, read reading) {
	value := read(s.b[from:to])
	if scheme == "basic" {
		if pair := basic(value); pair != nil {
			s.learnPair(pair)
			value = pair
		}
	}
	s.mask(Credentials, from, to, value, false)
}

// learnPair remembers the password of user:password.
func (s *scan) learnPair(pair []byte) {
	if _, password, ok := bytes.Cut(pair, []byte(":")); ok {
		s.m.table.learn(password)
	}
}

func isScheme(b []byte) bool {
	for _, c := range b {
		if !isTokenByte(c) || c == '.' {
			return false
		}
	}
	return len(b) > 0
}

// isParams reports whether credentials are a list of name=value.
func isParams(b []byte) bool {
	name, value, ok := bytes.Cut(b, []byte("="))
	name = bytes.TrimSpace(name)
	return ok && len(name) > 0 && len(name) <= 40 && isScheme(name) && len(bytes.Trim(value, "= \t")) > 0
}

// credentialParams masks the values of parameters but for those that are open, and what is none.
func (s values) credentialParams(from, to int, read reading) {
	for from < to {
		equals := indexOr(s.b[from:to], '=', -1)
		if equals < 0 {
			s.loose(from, to, read)
			return
		}
		equals += from
		begins := from + bytes.LastIndexAny(s.b[from:equals], ",;") + 1
		s.loose(from, begins, read)
		name := bytes.Trim(s.b[begins:equals], " \t\r\n\\")
		begin, end, next := s.credentialParam(equals+1, to)
		if from = next; openParams[strings.ToLower(string(name))] {
			for bytes.EqualFold(name, []byte("SignedHeaders")) && from < to && (isTokenByte(s.b[from]) || s.b[from] == ';') {
				from++ // they are a list
			}
			s.anyText(begin, end)
		} else {
			s.mask(Credentials, begin, end, read(s.b[begin:end]), false)
		}
	}
}

// credentialParam is where the value of a parameter is, with quotes or without, and what follows.
func (s values) credentialParam(begin, to int) (from, end, next int) {
	for begin < to && s.b[begin] == ' ' {
		begin++
	}
	quote := begin
	for quote < to && s.b[quote] == '\\' { // within JSON it is escaped
		quote++
	}
	if quote < to && s.b[quote] == '"' {
		begin = quote + 1
		end = begin + indexOr(s.b[begin:to], '"', to-begin)
		next = end + 1
	} else {
		for end = begin; end < to && s.b[end] != ',' && s.b[end] != ';'; end++ {
		}
		next = end
		end = trimmedEnd(s.b, begin, end)
	}
	return begin, begin + len(bytes.TrimRight(s.b[begin:end], `\`)), next
}

// loose masks what stands between parameters and is none.
func (s values) loose(from, to int, read reading) {
	for from < to && (isGap(s.b[from]) || s.b[from] == ',' || s.b[from] == ';') {
		from++
	}
	for to > from && (isGap(s.b[to-1]) || s.b[to-1] == ',' || s.b[to-1] == ';') {
		to--
	}
	if text := bytes.Trim(s.b[from:to], `\"`); len(text) > 0 && from < to {
		to = from + len(bytes.TrimRight(s.b[from:to], `\`))
		s.mask(Credentials, from, to, read(text), false)
	}
}
