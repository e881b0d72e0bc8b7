// Writes src/plan/generated/kubernetes-types.json: how Kubernetes' own Go types write each of their fields to JSON. Run with
//
//	go mod tidy && go run . > ../../src/plan/generated/kubernetes-types.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

type fieldTable map[string]string

var types = map[string]fieldTable{}

var basics = map[reflect.Type]string{
	reflect.TypeOf(resource.Quantity{}):    "quantity",
	reflect.TypeOf(intstr.IntOrString{}):   "intstr",
	reflect.TypeOf(metav1.Time{}):          "time",
	reflect.TypeOf(metav1.MicroTime{}):     "microtime",
	reflect.TypeOf(metav1.Duration{}):      "duration",
	reflect.TypeOf(runtime.RawExtension{}): "any",
	reflect.TypeOf(metav1.FieldsV1{}):      "any",
}

func nameOf(t reflect.Type) string {
	path := strings.TrimPrefix(t.PkgPath(), "k8s.io/api/")
	return strings.TrimPrefix(path, "k8s.io/apimachinery/pkg/apis/") + "." + t.Name()
}

func shapeOf(t reflect.Type) string {
	if shape, ok := basics[t]; ok {
		return shape
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + shapeOf(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + shapeOf(t.Elem())
	case reflect.Map:
		return "{}" + shapeOf(t.Elem())
	case reflect.Struct:
		addType(t)
		return nameOf(t)
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Float32, reflect.Float64:
		return "float"
	case reflect.Interface:
		return "any"
	}
	return "int"
}

func addFields(t reflect.Type, into fieldTable) {
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			embedded := field.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			if field.Anonymous || strings.Contains(options, "inline") {
				addFields(embedded, into)
			}
			continue
		}
		flags := ""
		if strings.Contains(options, "omitempty") {
			flags += "?"
		}
		if strings.Contains(options, "omitzero") {
			flags += "0"
		}
		into[name] = flags + shapeOf(field.Type)
	}
}

func addType(t reflect.Type) {
	if _, ok := types[nameOf(t)]; ok {
		return
	}
	fields := fieldTable{}
	types[nameOf(t)] = fields
	addFields(t, fields)
}

// typeIn gives the name of the type in a field's text, without flags and what is around it.
func typeIn(field string) string {
	shape := strings.TrimLeft(field, "?0")
	for {
		inner := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(shape, "*"), "[]"), "{}")
		if inner == shape {
			return shape
		}
		shape = inner
	}
}

func main() {
	kinds := map[string]string{}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if _, ok := reflect.New(t).Interface().(metav1.Object); ok {
			addType(t)
			kinds[gvk.GroupVersion().String()+"/"+gvk.Kind] = nameOf(t)
		}
	}
	used := map[string]bool{}
	for _, fields := range types {
		for _, field := range fields {
			used[typeIn(field)] = true
		}
	}
	// The status of a kind is dropped before anything is applied; only types that stand inside of others keep theirs.
	for _, name := range kinds {
		if !used[name] {
			delete(types[name], "status")
		}
	}
	reached := map[string]bool{}
	var reach func(name string)
	reach = func(name string) {
		if types[name] == nil || reached[name] {
			return
		}
		reached[name] = true
		for _, field := range types[name] {
			reach(typeIn(field))
		}
	}
	for _, name := range kinds {
		reach(name)
	}
	fmt.Println(`{"kinds":{`)
	printLines(keysOf(kinds), func(key string) any { return kinds[key] })
	fmt.Println(`},"types":{`)
	printLines(keysOf(reached), func(key string) any { return types[key] })
	fmt.Println(`}}`)
}

func keysOf[V any](table map[string]V) []string {
	keys := make([]string, 0, len(table))
	for key := range table {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func printLines(keys []string, value func(string) any) {
	for i, key := range keys {
		encoded, err := json.Marshal(value(key))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		end := ","
		if i == len(keys)-1 {
			end = ""
		}
		fmt.Printf("%q:%s%s\n", key, encoded, end)
	}
}
