package core

import "strconv"

// messages are the fixed sentences that a client gets instead of a file. The
// cause goes to the log, never to the client.
var messages = map[int]string{
	400: "Bad request: the address or a field of the request is malformed.\n",
	401: "Unauthorized: say who you are to have this file.\n",
	403: "Forbidden: you may not have this file.\n",
	404: "Not found: there is no such file here.\n",
	405: "Method not allowed: use GET or HEAD.\n",
	410: "Gone: this file is no longer offered.\n",
	412: "Precondition failed: the file is not the one you asked for.\n",
	416: "Range not satisfiable: the file has no such bytes.\n",
	500: "Internal error: the request failed, and the cause was logged.\n",
	502: "Bad gateway: the server that holds the file did not answer well.\n",
	503: "Service unavailable: the file cannot be sent now, try again later.\n",
	504: "Gateway timeout: the server that holds the file did not answer in time.\n",
}

// Refuse is the decision to send no file: status (an unlisted one becomes 500),
// a fixed sentence as the body, and fields that keep it out of every cache.
// reason goes to the log.
func Refuse(status int, reason string) Decision {
	message, ok := messages[status]
	if !ok {
		status, message = 500, messages[500]
	}
	fields := make([]Field, 0, 6)
	if status == 405 {
		fields = append(fields, Field{"Allow", "GET, HEAD"})
	}
	if status == 503 {
		fields = append(fields, Field{"Retry-After", "5"})
	}
	fields = append(fields,
		Field{"Cache-Control", "no-store"},
		Field{"Content-Length", strconv.Itoa(len(message))},
		Field{"Content-Type", "text/plain; charset=utf-8"},
		nosniff)
	return Decision{Status: status, Fields: fields, Message: message, Reason: reason}
}

// nosniff goes out with every answer, errors too.
var nosniff = Field{"X-Content-Type-Options", "nosniff"}
