//go:build !ci && amd64 && (linux || windows)

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fyne.io/fyne/v2/theme"

	"posthouse/ui/style"
)

var leftOut = regexp.MustCompile(`canvas\.(New)?(Pie|Doughnut)?(Arc|BezierCurve|ArbitraryPolygon|RegularPolygon|Polygon|Ellipse|Blur)\b`)

// What is left out is drawn neither by the window nor by what it takes of the toolkit.
func TestShapesThatAreLeftOutAreDrawnNowhere(t *testing.T) {
	toolkit, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "fyne.io/fyne/v2").Output()
	if err != nil {
		t.Skip("there is no go command to say where the toolkit is:", err)
	}
	within := strings.TrimSpace(string(toolkit))
	drawn := map[string]bool{}
	for _, dir := range []string{"../../ui", within + "/widget", within + "/dialog", within + "/container", within + "/layout",
		within + "/theme", within + "/internal/widget", within + "/internal/driver"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if leftOut.Match(source) {
				drawn[strings.TrimPrefix(path, within+"/")] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !drawn["widget/popup.go"] {
		t.Error("the toolkit's blur below dialogs is not found: the test sees nothing")
	}
	delete(drawn, "widget/popup.go")
	if len(drawn) > 0 {
		t.Errorf("shapes that are left out are drawn in %v", drawn)
	}
	if radius := style.NewTheme("light").Size(theme.SizeNameModalBlurRadius); radius != 0 {
		t.Errorf("dialogs are to blur what lies below, %v wide", radius)
	}
}

// What was set is the toolkit's: it has sources of its own before.
func TestShapesAreLeftOut(t *testing.T) {
	for _, one := range [][]byte{shaderArc, shaderBezierCurve, shaderArbitraryPolygon, shaderPolygon, shaderEllipse, shaderBlur} {
		if !strings.Contains(string(one), "uniform") {
			t.Errorf("the toolkit keeps a shape's program elsewhere: %q", one)
		}
	}
	leaveShapesOut()
	if strings.Contains(string(shaderArc), "uniform") {
		t.Error("it is compiled as before")
	}
}
