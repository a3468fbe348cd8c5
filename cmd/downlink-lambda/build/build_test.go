package main

import (
	"bytes"
	"debug/elf"
	"os"
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
