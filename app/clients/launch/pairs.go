//go:build !darwin

package launch

import "posthouse/app/clients/shellenv"

// pairs are variables as a process takes them.
func pairs(vars []shellenv.Variable) []string {
	var all []string
	for _, v := range vars {
		all = append(all, v.Name+"="+v.Value)
	}
	return all
}
