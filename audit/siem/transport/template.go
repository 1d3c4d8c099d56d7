package transport

import "encoding/base64"

// ilm is a policy of Elasticsearch: a new index each day or 20 GB, deleted after days.
func ilm(days string) any {
	type m = map[string]any
	return m{"policy": m{"phases": m{
		"hot":    m{"actions": m{"rollover": m{"max_age": "1d", "max_primary_shard_size": "20gb"}}},
		"delete": m{"min_age": days, "actions": m{"delete": m{}}},
	}}}
}

// ism is the same of OpenSearch.
func ism(days, pattern string) any {
	type m = map[string]any
	return m{"policy": m{"description": "Lethe's audit events", "default_state": "hot",
		"states": []m{
			{"name": "hot", "actions": []m{{"rollover": m{"min_index_age": "1d", "min_primary_shard_size": "20gb"}}},
				"transitions": []m{{"state_name": "delete", "conditions": m{"min_index_age": days}}}},
			{"name": "delete", "actions": []m{{"delete": m{}}}, "transitions": []m{}},
		},
		"ism_template": []m{{"index_patterns": []string{".ds-" + pattern + "-*"}, "priority": 100}}}}
}

// mappings are those of the fields that people search by; others are keywords.
func mappings() any {
	type m = map[string]any
	keyword := m{"type": "keyword", "ignore_above": 1024}
	return m{"properties": m{"@timestamp": m{"type": "date"}, "message": m{"type": "text"}},
		"dynamic_templates": []m{{"text": m{"match_mapping_type": "string", "mapping": keyword}}}}
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}
