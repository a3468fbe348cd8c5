//go:build unix

package dynamocat_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

// TestTableFiles: what an operator gives to `aws dynamodb` makes the same table.
func TestTableFiles(t *testing.T) {
	var is dynamocat.Definition
	read(t, "table.json", &is)
	if want := dynamocat.Table("downlink"); !reflect.DeepEqual(is, want) {
		t.Errorf("table.json has %+v, want %+v", is, want)
	}
	var life dynamodb.UpdateTimeToLiveInput
	read(t, "time-to-live.json", &life)
	if spec := life.TimeToLiveSpecification; *life.TableName != "downlink" || *spec.AttributeName != dynamocat.Expires || !*spec.Enabled {
		t.Errorf("time-to-live.json has %+v", life)
	}
	var table dynamodb.CreateTableInput
	read(t, "table.json", &table)
	client := server.StartDynamoDB(t).Client()
	if _, err := client.CreateTable(t.Context(), &table); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UpdateTimeToLive(t.Context(), &life); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../infra/dynamodb/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}
