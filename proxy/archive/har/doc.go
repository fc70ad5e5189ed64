// Package har reads and writes HTTP Archive 1.2.
package har
