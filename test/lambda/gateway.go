package lambda

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
)

// Gateway is the service as an HTTP server, for what no request of the table is: whole
// browsers, and bodies.
func (s Service) Gateway(t testing.TB, f Invoker) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		q := conformance.Request{Method: r.Method, Path: r.URL.RequestURI()}
		for name, lines := range r.Header {
			for _, l := range lines {
				q.Fields = append(q.Fields, name+": "+l)
			}
		}
		q.Fields = append(q.Fields, "Host: "+r.Host)
		event := s.event(read(q))
		event["body"], event["isBase64Encoded"] = base64.StdEncoding.EncodeToString(body), true
		text, err := json.Marshal(event)
		if err != nil {
			t.Error(err)
			return
		}
		answer := s.Response(t, r.Method, f.Invoke(t, text))
		for name, lines := range answer.Header {
			w.Header()[http.CanonicalHeaderKey(name)] = lines
		}
		w.WriteHeader(answer.Status)
		_, _ = w.Write(answer.Body) // to a client that may have gone
	})
}
