// Writes numbers.json: the protobuf field numbers of the API server's Go structs, by struct, as "<number><json name>"; a
// struct whose fields stand inline in JSON but in a message of their own is "<number>@<struct>".
// Run: go run . > numbers.json
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

var numbers = map[string]string{}

func name(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2] + "/" + parts[len(parts)-1] + "." + t.Name()
}

func visitAll(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		visitAll(t.Elem())
	case reflect.Struct:
		visit(t)
	}
}

func visit(t reflect.Type) {
	if _, done := numbers[name(t)]; done || name(t) == "" || !strings.Contains(t.PkgPath(), "k8s.io") {
		return
	}
	numbers[name(t)] = ""
	entries := []string{}
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		field := strings.Split(f.Tag.Get("json"), ",")[0]
		if field == "-" {
			continue
		}
		if field == "" {
			field = "@" + name(f.Type)
		}
		entries = append(entries, tag[1]+field)
		visitAll(f.Type)
	}
	numbers[name(t)] = strings.Join(entries, " ")
}

func main() {
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version == "__internal" || strings.Contains(gvk.Version, "alpha") || strings.Contains(gvk.Version, "beta") || strings.HasSuffix(gvk.Kind, "List") || gvk.Kind == "WatchEvent" {
			continue
		}
		if _, ok := reflect.New(t).Interface().(meta.Object); ok || gvk.Kind == "DeleteOptions" {
			visit(t)
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(numbers); err != nil {
		panic(err)
	}
}
