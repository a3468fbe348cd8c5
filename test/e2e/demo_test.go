package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/test/server"
)

// startDemo runs `downlink demo` and returns its address and the folder of its files.
// end ends it, and is called when the test ends, too.
func startDemo(t *testing.T) (url, dir string, end func()) {
	t.Helper()
	cmd := exec.Command(server.Program(t), "demo", "--listen", "127.0.0.1:0")
	cmd.Stderr = io.Discard
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	}
	t.Cleanup(end)
	line, err := bufio.NewReader(out).ReadString('\n')
	m := regexp.MustCompile(`(http://[^/]+)/ \(its files are in ([^)]+)\)`).FindStringSubmatch(line)
	if err != nil || m == nil {
		t.Fatalf("%q, %v", line, err)
	}
	return m[1], m[2], end
}

func TestO3_DemoStartsAndLeavesNothing(t *testing.T) {
	url, dir, end := startDemo(t)
	for path, want := range map[string]int{"/": 200, "/object/hello": 200, "/http/arrow.png": 200, "/signed/hello.txt": 403, "/none": 404} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	end()
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is still there", dir)
	}
}

// The page fits a phone and a desktop; the source stands beside the links where there
// is room, and below them where there is none. Everything can be reached by keyboard
// and has a name.
func TestO3_DemoPageInChromium(t *testing.T) {
	url, _, _ := startDemo(t)
	b := startChromium(t)
	for width, beside := range map[int64]bool{360: false, 1280: true} {
		do(t, b, chromedp.EmulateViewport(width, 800))
		do(t, b, chromedp.Navigate(url+"/"))
		found := do(t, b, chromedp.Evaluate[struct {
			Wide   int64
			Beside bool
			Faults []string
		}](layout))
		if found.Wide > width {
			t.Errorf("at %d px the page is %d px wide", width, found.Wide)
		}
		if found.Beside != beside {
			t.Errorf("at %d px, source beside the links: %v", width, found.Beside)
		}
		for _, f := range found.Faults {
			t.Errorf("at %d px: %s", width, f)
		}
	}
}

// layout looks at the page as it is laid out.
var layout = fmt.Sprintf(`(() => {
	const faults = [], box = e => e.getBoundingClientRect();
	for (const s of document.querySelectorAll("section")) {
		if (!document.getElementById(s.getAttribute("aria-labelledby"))) faults.push("a section without a name");
	}
	for (const p of document.querySelectorAll("pre")) {
		if (p.tabIndex != 0 || !p.getAttribute("aria-label")) faults.push("source that cannot be scrolled by keyboard");
	}
	for (const a of document.querySelectorAll("a")) {
		if (box(a).height < %d) faults.push(a.textContent + " is " + box(a).height + " px high");
		if (!a.textContent.trim()) faults.push("a link without text");
	}
	if (document.querySelectorAll("h1").length != 1 || document.documentElement.lang != "en") faults.push("no one title or language");
	const [left, right] = document.querySelector("section").children;
	return {Wide: document.documentElement.scrollWidth, Beside: box(right).left >= box(left).right, Faults: faults};
})()`, smallestTarget)

// smallestTarget is how high a link is at least, in px (WCAG 2.2, 2.5.8).
const smallestTarget = 24
