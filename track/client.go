package track

import "github.com/downlink-go/downlink/core"

// maxAgents is how many programs' names are remembered.
const maxAgents = 1024

// agents says whether a User-Agent names a robot. It remembers: most clients are few
// programs, and finding out takes as long as a download.
type agents map[string]bool

func (a agents) bot(name string) bool {
	bot, known := a[name]
	if known {
		return bot
	}
	bot = core.Robot(name) || core.Previews(name)
	const long = 512 // bytes of a name that is worth no memory
	if len(a) >= maxAgents {
		clear(a)
	}
	if len(name) <= long {
		a[name] = bot
	}
	return bot
}
