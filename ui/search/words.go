package search

import (
	"strings"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// lacks are the reasons why something was not looked at, in the order in which they are told.
var lacks = []struct {
	lack query.Lack
	word string
}{
	{query.LackCut, "search.lack.cut"},
	{query.LackEvicted, "search.lack.evicted"},
	{query.LackNotRecorded, "search.lack.not_recorded"},
	{query.LackArriving, "search.lack.arriving"},
	{query.LackUndecoded, "search.lack.undecoded"},
	{query.LackTunnel, "search.lack.tunnel"},
	{query.LackTime, "search.lack.time"},
}

// reportText is how a search ended, with what it could not look at.
func reportText(r *search.Report) string {
	text := []string{i18n.N("search.found", r.Hits, words.CountText(r.Hits), words.CountText(r.Looked), words.DurationText(r.Took))}
	if r.Over {
		text = append(text, i18n.T("search.over"))
	}
	if r.Unknown > 0 {
		var why []string
		for _, l := range lacks {
			if n := r.Lacks[l.lack]; n > 0 {
				why = append(why, i18n.T(l.word, words.CountText(n)))
			}
		}
		text = append(text, i18n.T("search.unknown", words.CountText(r.Unknown), strings.Join(why, i18n.T("search.comma"))))
	}
	if r.Unreadable > 0 {
		text = append(text, i18n.T("search.unreadable", words.CountText(r.Unreadable)))
	}
	if r.Err != nil {
		text = append(text, words.VisibleText(r.Err.Error()))
	}
	return strings.Join(text, i18n.T("search.stop"))
}

// emptyText is what stands in an empty list.
func emptyText(r *search.Report) string {
	if r.Unknown > 0 || r.Unreadable > 0 || r.Err != nil {
		return i18n.T("search.none_seen")
	}
	return i18n.T("search.none")
}

var parts = [...]string{query.PartRequestHead: "search.part.request_head", query.PartRequestTrailer: "search.part.request_trailer",
	query.PartResponseHead: "search.part.response_head", query.PartResponseTrailer: "search.part.response_trailer",
	query.PartRequestBody: "search.part.request_body", query.PartResponseBody: "search.part.response_body",
	query.PartRuledRequestHead: "search.part.ruled_request_head", query.PartRuledResponseHead: "search.part.ruled_response_head",
	query.PartRuledRequestBody: "search.part.ruled_request_body", query.PartRuledResponseBody: "search.part.ruled_response_body"}

func partText(p query.Part) string { return i18n.T(parts[p]) }
