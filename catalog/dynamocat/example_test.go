package dynamocat_test

import (
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
)

func Example() {
	table, err := dynamocat.New(dynamocat.Options{
		Table: "downlink", Region: "eu-central-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), // or nil for the standard chain
	})
	if err != nil {
		log.Fatal(err)
	}
	items := catalog.New(table) // nothing was asked yet
	defer items.Close()
	fmt.Println(table.Name(), items.Lists(), items.Categorizes())
	// Output: downlink true true
}
