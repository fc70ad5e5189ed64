package desktop

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary is also the programs that are tested, each in its own process.
func TestMain(m *testing.M) {
	switch os.Getenv("DESKTOP_TEST_AS") {
	case "panic", "runtime", "killed", "peace":
		crashAs(os.Getenv("DESKTOP_TEST_AS"), os.Getenv("DESKTOP_TEST_DIR"))
		return
	case "instance":
		i, err := Claim(os.Getenv("DESKTOP_TEST_DIR"), "settings.toml", Request{})
		fmt.Println("claimed", err)
		if err == nil {
			<-i.Requests
			time.Sleep(time.Hour)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
