// Package settings has all that a person can set: the values and what is allowed of
// them, and their file, TOML that is changed in place.
//
// Settings is a plain value; whoever changes it swaps the whole. A save touches the
// values that differ and no other byte of the file, keeps edits made meanwhile, and
// is atomic; several processes may save to one file. A file is at most 1 MiB.
// docs/settings.md describes each field.
package settings
