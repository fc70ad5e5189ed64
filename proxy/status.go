package proxy

import "posthouse/proxy/flow"

// proxyErrors are the error types of the Proxy-Status field (RFC 9209 section
// 2.3) by which a program tells an answer of the proxy's own from an origin's,
// and why it came.
var proxyErrors = map[flow.Failure]string{
	flow.FailureBadRequest:      "http_request_error",
	flow.FailureResolve:         "dns_error",
	flow.FailureRefused:         "connection_refused",
	flow.FailureUnreachable:     "destination_ip_unroutable",
	flow.FailureConnectTimeout:  "connection_timeout",
	flow.FailureResponseTimeout: "http_response_timeout",
	flow.FailureOriginClosed:    "connection_terminated",
	flow.FailureBadResponse:     "http_protocol_error",
	flow.FailureClientTimeout:   "http_request_error",
	flow.FailureLoop:            "proxy_loop_detected",
	flow.FailureShutdown:        "proxy_internal_response",
	flow.FailureLimit:           "connection_limit_reached",
	flow.FailureTLS:             "tls_protocol_error",
	flow.FailureNotAllowed:      "http_request_denied",
	flow.FailureInternal:        "proxy_internal_error",
}

// proxyStatus is the field's value for an answer that says what went wrong, "" for others.
func proxyStatus(r *reply) string {
	name := proxyErrors[r.failure]
	if r.failure == flow.FailureResolve && r.status == 504 {
		name = "dns_timeout"
	}
	if name == "" {
		return ""
	}
	return "posthouse; error=" + name
}
