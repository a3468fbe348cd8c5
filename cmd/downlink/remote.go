package main

import (
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage/httpstore"
	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// remote is a view of another server's files.
func (s *site) remote(v config.View) (download.View, error) {
	h := s.config.HTTP
	networks, err := origin.ParseNetworks(h.Networks)
	if err != nil {
		return nil, err
	}
	total := h.TotalTimeout
	if total == 0 {
		total = -time.Second // none
	}
	client, err := httpstore.NewClient(httpstore.Options{
		Origins: v.Origins, Networks: networks,
		ConnectTimeout: h.ConnectTimeout, HeadTimeout: h.HeadTimeout, IdleTimeout: h.IdleTimeout, TotalTimeout: total,
		MaxBytes: int64(h.MaxSize), MaxHeaderBytes: int64(h.MaxHeaderBytes),
	})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, client)
	return &download.HTTPView{Client: client, URL: v.URL, Options: v.Options()}, nil
}
