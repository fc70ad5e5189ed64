-- wrk speaks to the proxy; what it asks for is the absolute URL in the first
-- argument. A second argument "close" asks for a new connection each time.
function init(args)
	wrk.path = args[1]
	wrk.headers["Host"] = string.match(args[1], "^http://([^/]+)")
	wrk.headers["User-Agent"] = "bench/1.0"
	wrk.headers["Accept"] = "*/*"
	if args[2] == "close" then
		wrk.headers["Connection"] = "close"
	end
end

-- Times are in microseconds.
function done(summary, latency, requests)
	local e = summary.errors
	print(string.format(
		"RESULT requests=%d bytes=%d duration=%d connect=%d read=%d write=%d status=%d timeout=%d p50=%d p99=%d",
		summary.requests, summary.bytes, summary.duration,
		e.connect, e.read, e.write, e.status, e.timeout,
		latency:percentile(50), latency:percentile(99)))
end
