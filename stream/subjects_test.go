package stream

import (
	"reflect"
	"testing"
)

func TestAnIndexOfSubjectsReadsBackAndIsNoOther(t *testing.T) {
	all := []Concerned{
		{Stream: "crm.public.b", Topic: "t", Partition: 3, From: 1 << 40, Records: 9, Nobody: 2, Persons: []Person{{Commitment{9}, 1}, {Commitment{1}, 7}}},
		{Stream: "crm.public.a", Topic: "t", Partition: 3, From: 1 << 40, Persons: []Person{}},
	}
	b := AppendConcerned(nil, all)
	got, err := ReadConcerned(b)
	if err != nil || !reflect.DeepEqual(got, all) || got[0].Stream != "crm.public.a" || got[1].Persons[0].Commitment != (Commitment{1}) {
		t.Errorf("%+v, %v", got, err)
	}
	for n := range b {
		if read, err := ReadConcerned(b[:n]); err == nil && len(read) == len(all) {
			t.Errorf("cut at %d of %d it reads as whole", n, len(b))
		}
	}
}
