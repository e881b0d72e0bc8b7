// Writes types.json: how each built-in kind is read and written by the API server's Go types (which fields are always
// written, which are dropped when empty, which are pointers). Run: go run . > types.json
package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var wanted = map[schema.GroupVersion]bool{
	{Version: "v1"}: true, {Group: "apps", Version: "v1"}: true, {Group: "batch", Version: "v1"}: true,
	{Group: "autoscaling", Version: "v1"}: true, {Group: "autoscaling", Version: "v2"}: true,
	{Group: "networking.k8s.io", Version: "v1"}: true, {Group: "policy", Version: "v1"}: true,
	{Group: "rbac.authorization.k8s.io", Version: "v1"}: true, {Group: "storage.k8s.io", Version: "v1"}: true,
	{Group: "scheduling.k8s.io", Version: "v1"}: true, {Group: "coordination.k8s.io", Version: "v1"}: true,
	{Group: "events.k8s.io", Version: "v1"}: true, {Group: "discovery.k8s.io", Version: "v1"}: true,
	{Group: "admissionregistration.k8s.io", Version: "v1"}: true, {Group: "certificates.k8s.io", Version: "v1"}: true,
	{Group: "flowcontrol.apiserver.k8s.io", Version: "v1"}: true, {Group: "node.k8s.io", Version: "v1"}: true,
	{Group: "resource.k8s.io", Version: "v1"}: true, {Group: "apiextensions.k8s.io", Version: "v1"}: true,
	{Group: "apiregistration.k8s.io", Version: "v1"}: true,
	{Group: "authentication.k8s.io", Version: "v1"}: true, {Group: "authorization.k8s.io", Version: "v1"}: true,
}

var leaves = map[reflect.Type]string{
	reflect.TypeOf(meta.Time{}): "time", reflect.TypeOf(meta.MicroTime{}): "microtime",
	reflect.TypeOf(meta.Duration{}): "duration", reflect.TypeOf(resource.Quantity{}): "quantity",
	reflect.TypeOf(intstr.IntOrString{}): "intstr", reflect.TypeOf(runtime.RawExtension{}): "raw",
	reflect.TypeOf(meta.FieldsV1{}): "raw", reflect.TypeOf(apiextensions.JSON{}): "raw",
	reflect.TypeOf(apiextensions.JSONSchemaProps{}): "raw",
}

var types = map[string][]string{}

func name(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	return parts[len(parts)-2] + "/" + parts[len(parts)-1] + "." + t.Name()
}

func describe(t reflect.Type) string {
	if leaf, ok := leaves[t]; ok {
		return leaf
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + describe(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + describe(t.Elem())
	case reflect.Map:
		return "{}" + describe(t.Elem())
	case reflect.Struct:
		visit(t)
		return name(t)
	}
	if t.PkgPath() != "" {
		return t.Kind().String() + "=" + t.String()
	}
	return t.Kind().String()
}

// Named maps and slices are kept apart where defaults hang on the name.
func describeField(f reflect.StructField) string {
	if f.Type.Kind() == reflect.Map && f.Type.Name() == "ResourceList" {
		return "{}quantity=ResourceList"
	}
	return describe(f.Type)
}

func fields(t reflect.Type) []string {
	list := []string{}
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		if tag[0] == "-" {
			continue
		}
		if tag[0] == "" && f.Anonymous {
			list = append(list, fields(f.Type)...)
			continue
		}
		mark := "!"
		for _, option := range tag[1:] {
			if option == "omitempty" && mark == "!" {
				mark = "?"
			}
			if option == "omitzero" {
				mark = "~"
			}
		}
		list = append(list, tag[0]+mark+describeField(f))
	}
	return list
}

func visit(t reflect.Type) {
	if _, done := types[name(t)]; done {
		return
	}
	if _, text := reflect.New(t).Interface().(encoding.TextMarshaler); text {
		panic(fmt.Sprint("a leaf is missing: ", t))
	}
	if _, own := reflect.New(t).Interface().(json.Marshaler); own {
		types[name(t)] = []string{"raw"}
		fmt.Fprintln(os.Stderr, "raw:", t)
		return
	}
	types[name(t)] = nil
	types[name(t)] = fields(t)
}

func main() {
	apiextensions.AddToScheme(scheme.Scheme)
	apiregistration.AddToScheme(scheme.Scheme)
	roots := map[string]string{}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if !wanted[gvk.GroupVersion()] || strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") || gvk.Kind == "WatchEvent" {
			continue
		}
		if _, ok := reflect.New(t).Interface().(meta.Object); !ok {
			continue
		}
		visit(t)
		roots[gvk.GroupVersion().String()+"/"+gvk.Kind] = name(t)
	}
	out := struct {
		Kinds map[string]string   `json:"kinds"`
		Types map[string][]string `json:"types"`
	}{roots, types}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		panic(err)
	}
}
