package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestCalls: what may pass is tried again, what does not pass is not.
func TestCalls(t *testing.T) {
	for _, row := range []struct {
		name     string
		statuses []int
		text     string
		asked    int
		want     string // in the error; "" for none
	}{
		{"throttled once", []int{400, 200}, `{"__type":"com.amazonaws.ssm#ThrottlingException","message":"hunter2"}`, 2, ""},
		{"down twice", []int{500, 503, 200}, "hunter2", 3, ""},
		{"down", []int{503, 503, 503, 200}, "hunter2", 3, "status 503"},
		{"expired", []int{400, 200}, `{"__type":"ExpiredTokenException","message":"hunter2"}`, 1, "status 400 ExpiredTokenException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			asked := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				status, text := row.statuses[asked], row.text
				if asked++; status == 200 {
					text = `{"Parameter":{"Value":"secret"}}`
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(text)) // to a client that may be gone
			}))
			defer s.Close()
			environment(t, map[string]string{"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_SSM": s.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "s"})
			got, err := parameter(t.Context(), "/x")
			if asked != row.asked {
				t.Errorf("asked %d times, want %d", asked, row.asked)
			}
			if row.want == "" && (err != nil || got != "secret") {
				t.Errorf("got %q, %v", got, err)
			}
			if row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	environment(t, map[string]string{"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_SSM": ""})
	for region, want := range map[string]string{
		"eu-central-1": "https://ssm.eu-central-1.amazonaws.com/", "cn-north-1": "https://ssm.cn-north-1.amazonaws.com.cn/",
	} {
		if got, err := parameterStore.endpoint(region); err != nil || got.String() != want {
			t.Errorf("%s: %s, %v, want %s", region, got, err, want)
		}
	}
}
