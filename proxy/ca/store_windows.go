package ca

import "os"

// checkFile leaves it to the folder who may read what is in it: the data folder
// of a user's profile is that user's, the administrators' and the system's.
func checkFile(*os.File, string) error { return nil }

func checkFolder(string) error { return nil }

func syncFolder(string) {}
