// Command apply-oracle plays histories of applies and updates with the reference implementation of
// server-side apply, and prints what each step gives. A history is one line of JSON on stdin.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"sigs.k8s.io/structured-merge-diff/v4/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v4/merge"
	"sigs.k8s.io/structured-merge-diff/v4/typed"
)

const version = fieldpath.APIVersion("v1")

// Members that have a name in the schema are kept apart from keys of maps, as in Kubernetes; lists are atomic
// but for the three that it keeps by item.
const schema = `types:
- name: root
  map:
    fields:
    - name: spec
      type: {namedType: spec}
    - name: metadata
      type: {namedType: metadata}
    - name: status
      type: {namedType: status}
- name: spec
  map:
    fields:
    - name: x
      type: {scalar: untyped}
    - name: "y"
      type: {namedType: __untyped_deduced_}
    - name: list
      type: {namedType: __untyped_atomic_}
    - name: env
      type: {namedType: strings}
    - name: template
      type: {namedType: template}
- name: template
  map:
    fields:
    - name: image
      type: {scalar: untyped}
    - name: vars
      type: {namedType: strings}
    - name: deep
      type: {namedType: deep}
- name: deep
  map:
    fields:
    - name: env
      type: {namedType: strings}
- name: strings
  map:
    elementType: {scalar: untyped}
- name: metadata
  map:
    fields:
    - name: labels
      type: {namedType: strings}
    - name: finalizers
      type: {list: {elementType: {scalar: string}, elementRelationship: associative}}
    - name: ownerReferences
      type: {list: {elementType: {namedType: owner}, elementRelationship: associative, keys: [uid]}}
- name: status
  map:
    fields:
    - name: conditions
      type: {list: {elementType: {namedType: condition}, elementRelationship: associative, keys: [type]}}
- name: owner
  map:
    fields:
    - name: uid
      type: {scalar: string}
    - name: name
      type: {scalar: untyped}
    - name: controller
      type: {scalar: untyped}
- name: condition
  map:
    fields:
    - name: type
      type: {scalar: string}
    - name: status
      type: {scalar: untyped}
    - name: reason
      type: {scalar: untyped}
- name: __untyped_atomic_
  scalar: untyped
  list: {elementType: {namedType: __untyped_atomic_}, elementRelationship: atomic}
  map: {elementType: {namedType: __untyped_atomic_}, elementRelationship: atomic}
- name: __untyped_deduced_
  scalar: untyped
  list: {elementType: {namedType: __untyped_atomic_}, elementRelationship: atomic}
  map: {elementType: {namedType: __untyped_deduced_}, elementRelationship: separable}
`

type step struct {
	Type    string         `json:"type"`
	Manager string         `json:"manager"`
	Force   bool           `json:"force"`
	Object  map[string]any `json:"object"`
}

type expectation struct {
	Conflicts []string                   `json:"conflicts,omitempty"`
	Live      any                        `json:"live,omitempty"`
	Managers  map[string]json.RawMessage `json:"managers,omitempty"`
}

// There is one version, so nothing is converted.
type sameVersion struct{}

func (sameVersion) Convert(object *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return object, nil
}

func (sameVersion) IsMissingVersionError(error) bool { return false }

func main() {
	parser, err := typed.NewParser(typed.YAMLObject(schema))
	check(err)
	updater := (&merge.UpdaterBuilder{Converter: sameVersion{}}).BuildUpdater()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var history []step
		check(json.Unmarshal(lines.Bytes(), &history))
		text, err := json.Marshal(play(parser.Type("root"), updater, history))
		check(err)
		fmt.Fprintf(out, "%s\n", text)
	}
	check(lines.Err())
}

func play(root typed.ParseableType, updater *merge.Updater, history []step) []expectation {
	live, err := root.FromUnstructured(map[string]any{})
	check(err)
	managers := fieldpath.ManagedFields{}
	told := []expectation{}
	for _, step := range history {
		object, err := root.FromUnstructured(step.Object)
		check(err)
		next, owned := object, fieldpath.ManagedFields{}
		if step.Type == "apply" {
			next, owned, err = updater.Apply(live, object, version, managers.Copy(), step.Manager, step.Force)
		} else {
			next, owned, err = updater.Update(live, object, version, managers.Copy(), step.Manager)
		}
		if conflicts, ok := err.(merge.Conflicts); ok {
			told = append(told, expectation{Conflicts: render(conflicts)})
			continue
		}
		check(err)
		// Nil means that nothing changed.
		if next != nil {
			live = next
		}
		managers = owned
		told = append(told, expectation{Live: live.AsValue().Unstructured(), Managers: fieldsOf(managers)})
	}
	return told
}

func render(conflicts merge.Conflicts) []string {
	texts := []string{}
	for _, conflict := range conflicts {
		texts = append(texts, conflict.Manager+conflict.Path.String())
	}
	sort.Strings(texts)
	return texts
}

func fieldsOf(managers fieldpath.ManagedFields) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	for name, set := range managers {
		text, err := set.Set().ToJSON()
		check(err)
		fields[name] = text
	}
	return fields
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

