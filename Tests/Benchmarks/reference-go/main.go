// The receiver as one writes it in Go: net/http, crypto/ed25519 and group commit. It keeps the same promise as the
// reference in C beside it and nothing else: verify, recognise what came before, append, synchronize, answer 200.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const bodyBytesMax = 8 << 20

// One verified delivery, on its way to the disk.
type delivery struct {
	// What the request is recognised by.
	key [16]byte
	// The line from behind the id to the end of the data.
	line []byte
	done chan outcome
}

type outcome struct {
	id          uint64
	isDuplicate bool
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Takes what is there, at most so many, writes and synchronizes it in one go, and tells everybody.
func commit(segment *os.File, arrivals <-chan delivery) {
	const batchMax = 1024
	seen := map[[16]byte]uint64{}
	next := uint64(1)
	var buffer bytes.Buffer
	batch := make([]delivery, 0, batchMax)
	outcomes := make([]outcome, 0, batchMax)
	for first := range arrivals {
		batch = append(batch[:0], first)
	gathering:
		for len(batch) < batchMax {
			select {
			case another := <-arrivals:
				batch = append(batch, another)
			default:
				break gathering
			}
		}
		buffer.Reset()
		outcomes = outcomes[:0]
		for _, one := range batch {
			if id, isThere := seen[one.key]; isThere {
				outcomes = append(outcomes, outcome{id, true})
				continue
			}
			seen[one.key] = next
			outcomes = append(outcomes, outcome{next, false})
			begin := buffer.Len()
			fmt.Fprintf(&buffer, `{"specversion":"1.0","id":"%d`, next)
			buffer.Write(one.line)
			fmt.Fprintf(&buffer, `,"crc32c":"%08x"}`+"\n", crc32.Checksum(buffer.Bytes()[begin:], castagnoli))
			next++
		}
		if buffer.Len() > 0 {
			if _, err := segment.Write(buffer.Bytes()); err != nil {
				log.Fatal(err)
			}
			if err := syscall.Fdatasync(int(segment.Fd())); err != nil {
				log.Fatal(err)
			}
		}
		for at, one := range batch {
			one.done <- outcomes[at]
		}
	}
}

type receiver struct {
	publicKey ed25519.PublicKey
	arrivals  chan<- delivery
}

// Verifies a delivery and encodes its line; the status to answer at once, or 0 to have it stored.
func (r receiver) verify(request *http.Request) (delivery, int) {
	id, user := request.Header.Get("X-Fal-Webhook-Request-Id"), request.Header.Get("X-Fal-Webhook-User-Id")
	timestamp := request.Header.Get("X-Fal-Webhook-Timestamp")
	signatureText := request.Header.Get("X-Fal-Webhook-Signature")
	signature, err := hex.DecodeString(signatureText)
	if id == "" || user == "" || timestamp == "" || err != nil || len(id)+len(user)+len(timestamp) > 400 {
		return delivery{}, 400
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if now := time.Now().Unix(); err != nil || seconds < now-300 || seconds > now+300 {
		return delivery{}, 401
	}
	if request.ContentLength > bodyBytesMax {
		return delivery{}, 413
	}
	var body []byte
	if request.ContentLength >= 0 {
		body = make([]byte, request.ContentLength)
		_, err = io.ReadFull(request.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(request.Body, bodyBytesMax))
	}
	if err != nil {
		return delivery{}, 400
	}
	hash := sha256.Sum256(body)
	message := fmt.Sprintf("%s\n%s\n%s\n%x", id, user, timestamp, hash)
	if !ed25519.Verify(r.publicKey, []byte(message), signature) {
		return delivery{}, 401
	}
	var members struct {
		RequestID string `json:"request_id"`
		Status    string `json:"status"`
	}
	if json.Unmarshal(body, &members) != nil || members.RequestID != id || members.Status == "" {
		return delivery{}, 400
	}
	if bytes.IndexByte(body, '\n') >= 0 || bytes.IndexByte(body, '\r') >= 0 {
		return delivery{}, 400
	}
	event := "failed"
	if members.Status == "OK" {
		event = "succeeded"
	}
	line := make([]byte, 0, len(body)+1024)
	line = append(line, `","source":"urn:uuid:00000000-0000-4000-8000-000000000000","type":"fal.request.`+event...)
	line = append(line, `","subject":"`+id+`","time":"`+time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")...)
	line = append(line, `","origin":"webhook","faluserid":"`+user+`","faltimestamp":"`+timestamp...)
	line = append(line, `","falsignature":"`+signatureText+`","data":`...)
	line = append(line, body...)
	key := sha256.Sum256([]byte(id))
	return delivery{key: *(*[16]byte)(key[:16]), line: line, done: make(chan outcome, 1)}, 0
}

func (r receiver) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	one, status := r.verify(request)
	if status != 0 {
		writer.WriteHeader(status)
		return
	}
	r.arrivals <- one
	stored := <-one.done
	text := "stored"
	if stored.isDuplicate {
		text = "duplicate"
	}
	writer.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(writer, `{"status":"%s","id":"%d"}`+"\n", text, stored.id)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: falconer-reference-go DIRECTORY PUBLIC_KEY_HEX")
		os.Exit(64)
	}
	publicKey, err := hex.DecodeString(os.Args[2])
	if err != nil || len(publicKey) != ed25519.PublicKeySize {
		log.Fatal("the public key is not 64 hex digits")
	}
	path := filepath.Join(os.Args[1], "00000000000000000001.jsonl")
	segment, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0600)
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.Open(os.Args[1])
	if err != nil || segment.Sync() != nil || folder.Sync() != nil {
		log.Fatal("cannot synchronize ", os.Args[1])
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	// Every 200 is on disk; there is nothing to finish.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() { <-signals; os.Exit(0) }()
	arrivals := make(chan delivery, 1024)
	go commit(segment, arrivals)
	fmt.Printf("{\"url\":\"http://%s\"}\n", listener.Addr())
	log.Fatal(http.Serve(listener, receiver{publicKey, arrivals}))
}
