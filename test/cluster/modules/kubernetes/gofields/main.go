// Prints, for every field of the built-in API types, when its Go encoding leaves it out: "always" is written even when
// empty, "omit-empty" never is; fields in neither list are pointers, written when set. OpenAPI does not tell.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var marshaler = reflect.TypeOf((*json.Marshaler)(nil)).Elem()

type facts map[string]map[string]string

func (f facts) visit(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler) {
		return
	}
	if _, seen := f[name(t)]; seen {
		return
	}
	fields := map[string]string{}
	f[name(t)] = fields
	f.fields(t, fields)
}

func (f facts) fields(t reflect.Type, out map[string]string) {
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		parts := strings.Split(field.Tag.Get("json"), ",")
		options := strings.Join(parts[1:], ",")
		if field.Anonymous && parts[0] == "" {
			f.fields(field.Type, out)
			continue
		}
		if parts[0] == "-" || parts[0] == "" {
			continue
		}
		f.visit(field.Type)
		kind := field.Type.Kind()
		omitEmpty, omitZero := strings.Contains(options, "omitempty"), strings.Contains(options, "omitzero")
		switch {
		case omitZero:
			out[parts[0]] = "omit-empty"
		case omitEmpty && (kind == reflect.Pointer || kind == reflect.Interface):
		case omitEmpty && kind != reflect.Struct:
			out[parts[0]] = "omit-empty"
		default:
			out[parts[0]] = "always"
		}
	}
}

// name is how OpenAPI calls the type: k8s.io/api/core/v1.Pod is io.k8s.api.core.v1.Pod.
func name(t reflect.Type) string {
	host, rest, _ := strings.Cut(t.PkgPath(), "/")
	labels := strings.Split(host, ".")
	for i, j := 0, len(labels)-1; i < j; i, j = i+1, j-1 {
		labels[i], labels[j] = labels[j], labels[i]
	}
	return strings.Join(labels, ".") + "." + strings.ReplaceAll(rest, "/", ".") + "." + t.Name()
}

func main() {
	f := facts{}
	for _, t := range scheme.Scheme.AllKnownTypes() {
		f.visit(t)
	}
	for _, v := range []any{apiextensions.CustomResourceDefinition{}, apiregistration.APIService{}, metav1.Status{}, metav1.DeleteOptions{}} {
		f.visit(reflect.TypeOf(v))
	}
	if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
		panic(err)
	}
}
