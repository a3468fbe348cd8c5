package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const some = "[stores.a]\ndriver = \"s3\"\nbucket = \"bucket-of-the-test\"\n"

// TestR3_Bundle: the program is for the processor, and has the operator's files in it.
func TestR3_Bundle(t *testing.T) {
	revoked := write(t, "revoked.txt", "id link-of-the-test\n")
	path := write(t, "downlink.toml", some+"[links]\nrevoked = '"+revoked+"'\n[[links.keys]]\nid = \"k\"\nsecret_env = \"KEY\"\n")
	for arch, machine := range map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64} {
		b := builder{config: path, arch: arch, out: t.TempDir()}
		var said strings.Builder
		if err := b.build(&said); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(said.String(), arch) {
			t.Errorf("said %q", said.String())
		}
		program := filepath.Join(b.out, "bootstrap")
		f, err := elf.Open(program)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Machine != machine {
			t.Errorf("%s: built for %v", arch, f.Machine)
		}
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"bucket-of-the-test", "link-of-the-test"} {
			if !bytes.Contains(data, []byte(text)) {
				t.Errorf("%s: the program lacks %q", arch, text)
			}
		}
	}
}

// everything has a value of each type that a configuration can have.
const everything = `[log]
level = "debug"
access = false
[stores.a]
driver = "s3"
bucket = "$BUCKET"
prefix = "a \"b\" ü/"
path_style = true
timeout = "7s"
redirect_min_bytes = 1234
[stores.b]
path = "/srv"
[stores.b.lambda]
driver = "s3"
bucket = "two"
[catalog]
driver = "dynamodb"
table = "$TABLE"
[links]
max_life = "1h"
leeway = "5s"
[[links.keys]]
id = "k"
secret_env = "KEY"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "a"
attachment = false
precompressed = ["br", "gzip"]
[[views]]
pattern = "/z.zip"
kind = "zip"
items = ["x", "y"]
[[webhooks]]
url = "https://hook.example/"
secret_env = "HOOK"
[admin]
enabled = true
session = "3h"
max_upload = "2g"
`

// printing is a main function that tells what a program was built from.
const printing = `package main

import ("encoding/json"; "os")

func main() {
	if err := json.NewEncoder(os.Stdout).Encode([]any{built(), built().Places()}); err != nil {
		panic(err)
	}
}
`

// TestR3_ConfigurationComesThrough: what is compiled is what was read, places and all.
func TestR3_ConfigurationComesThrough(t *testing.T) {
	c, err := load(write(t, "downlink.toml", everything))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal([]any{moved(c), c.Places()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay, err := writeOverlay(c, dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(overlay)
	if err != nil {
		t.Fatal(err)
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	for path := range o.Replace {
		o.Replace[filepath.Join(filepath.Dir(path), "main.go")] = write(t, "main.go", printing)
		break
	}
	if text, err = json.Marshal(o); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("go", "run", "-overlay", overlay, program).CombinedOutput()
	if err != nil || strings.TrimSpace(string(got)) != string(want) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got, want)
	}
}

func TestR3_WhatIsNotBuilt(t *testing.T) {
	for want, text := range map[string]string{
		":2:8: key \"buckit\" is unknown": "[stores.a]\nbuckit = 1\n",
		"has no store that is on Lambda":  "[stores.a]\npath = \"/x\"\n",
		"no such file":                    some + "[links]\nrevoked = \"none.txt\"\n[[links.keys]]\nid = \"k\"\nsecret_env = \"KEY\"\n",
	} {
		b := builder{config: write(t, "downlink.toml", text), arch: "arm64", out: t.TempDir()}
		if err := b.build(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(want, ":2:8: ")) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	b := builder{config: write(t, "downlink.toml", some), arch: "riscv", out: t.TempDir()}
	if err := b.build(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), "arm64 or x86_64") {
		t.Errorf("another processor: %v", err)
	}
}

func TestR3_ConfigurationThatIsBuilt(t *testing.T) {
	t.Chdir("../../..")
	if _, err := load(standard); err != nil {
		t.Errorf("what is built where nobody has written a file: %v", err)
	}
}
