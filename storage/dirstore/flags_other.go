//go:build !unix

package dirstore

import "os"

const openFlags = os.O_RDONLY
