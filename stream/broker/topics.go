package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ensureTopics creates what is missing, and sets the configs of what is there.
func ensureTopics(ctx context.Context, client *kgo.Client, topics []Topic) error {
	adm := kadm.NewClient(client)
	for _, t := range topics {
		configs := make(map[string]*string, len(t.Configs))
		for k, v := range t.Configs {
			configs[k] = &v
		}
		_, err := adm.CreateTopic(ctx, t.Partitions, 1, configs, t.Name)
		if errors.Is(err, kerr.TopicAlreadyExists) {
			err = setConfigs(ctx, adm, t.Name, configs)
		}
		if err != nil {
			return fmt.Errorf("topic %s: %w", t.Name, err)
		}
	}
	return nil
}

func setConfigs(ctx context.Context, adm *kadm.Client, topic string, configs map[string]*string) error {
	if len(configs) == 0 {
		return nil
	}
	var alter []kadm.AlterConfig
	for k, v := range configs {
		alter = append(alter, kadm.AlterConfig{Op: kadm.SetConfig, Name: k, Value: v})
	}
	answers, err := adm.AlterTopicConfigs(ctx, alter, topic)
	if err != nil {
		return err
	}
	for _, a := range answers {
		if a.Err != nil {
			return a.Err
		}
	}
	return nil
}
