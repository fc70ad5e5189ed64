package main

import (
	"cmp"
	"math"
	"slices"
)

// sample is what one measurement of one proxy yields: metric key to value.
type sample map[string]float64

// results are all samples of one work: proxy to one sample a round.
type results map[string][]sample

// values lists one metric of one proxy, a value a round.
func (r results) values(proxy, metric string) []float64 {
	var list []float64
	for _, s := range r[proxy] {
		if v, ok := s[metric]; ok {
			list = append(list, v)
		}
	}
	return list
}

// median is NaN where nothing was measured.
func (r results) median(proxy, metric string) float64 { return median(r.values(proxy, metric)) }

// ratio is the median over the rounds of a's value by b's in the same round:
// what slows a whole round down does not move it.
func (r results) ratio(a, b, metric string) float64 {
	return median(pairRatios(r.values(a, metric), r.values(b, metric)))
}

// difference is the median over the rounds of a's value less b's in the same round.
func (r results) difference(a, b, metric string) float64 {
	var list []float64
	one, other := r.values(a, metric), r.values(b, metric)
	for i := range min(len(one), len(other)) {
		list = append(list, one[i]-other[i])
	}
	return median(list)
}

// best is the proxy among those named with the best median; less tells
// whether less is better. It is "" if none was measured.
func (r results) best(proxies []string, metric string, less bool) string {
	measured := slices.DeleteFunc(slices.Clone(proxies), func(p string) bool {
		return math.IsNaN(r.median(p, metric))
	})
	if len(measured) == 0 {
		return ""
	}
	order := func(a, b string) int { return cmp.Compare(r.median(a, metric), r.median(b, metric)) }
	if less {
		return slices.MinFunc(measured, order)
	}
	return slices.MaxFunc(measured, order)
}

func pairRatios(a, b []float64) []float64 {
	var list []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			list = append(list, a[i]/b[i])
		}
	}
	return list
}

// median is NaN for an empty list.
func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(list))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// spread is how far the rounds lie apart: (largest - smallest) / median.
func spread(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	return (slices.Max(list) - slices.Min(list)) / median(list)
}

// histogram counts latencies in buckets of a microsecond; what is longer than
// it reaches counts as its last bucket.
type histogram struct {
	buckets [100_000]uint32
	count   uint64
}

func (h *histogram) add(microseconds int64) {
	h.buckets[min(max(microseconds, 0), int64(len(h.buckets)-1))]++
	h.count++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
}

// percentile is in microseconds, NaN if nothing was counted.
func (h *histogram) percentile(p float64) float64 {
	if h.count == 0 {
		return math.NaN()
	}
	rank := uint64(math.Ceil(p / 100 * float64(h.count)))
	var seen uint64
	for i, n := range h.buckets {
		seen += uint64(n)
		if seen >= max(rank, 1) {
			return float64(i)
		}
	}
	return float64(len(h.buckets) - 1)
}
