#include "sender/report/run_summary.h"

#include <gtest/gtest.h>

#include "tests/report/full_record.h"

namespace esm {
namespace {

using namespace std::chrono_literals;

TEST(RunSummary, IsShortWhenAllWentWell) {
  RunRecord record;
  TargetRecord target;
  target.target = "tls://firewall.example:6514";
  target.peer = "192.0.2.1:6514, TLSv1.3 TLS_AES_128_GCM_SHA256";
  target.books.stream = true;
  target.books.due = target.books.written = target.books.drained = 500'000;
  target.books.connections = 1;
  record.targets = {target};
  record.elapsed = 10s;
  record.lateness.record(105us, 495'000);
  record.lateness.record(229us, 4'999);
  record.lateness.record(1'200us);
  EXPECT_EQ(summary_text(record),
            "tls://firewall.example:6514: 500,000 due, 500,000 written\n"
            "  peer: 192.0.2.1:6514, TLSv1.3 TLS_AES_128_GCM_SHA256\n"
            "  of the written: 500,000 drained (the receiver's machine took all and said goodbye)\n"
            "10.000 s: 50,000/s asked for, 50,000/s written\n"
            "lateness: p50 105us, p99 105us, max 1.20ms\n");
}

TEST(RunSummary, SaysWhatWentWrongAndWhatIsNotKnown) {
  EXPECT_EQ(
      summary_text(test::full_record()),
      "tcp://127.0.0.1:514: 36 due, 26 written, 4 refused (1 too-long, 2 connection-refused, "
      "1 other-error), 6 dropped (1 too-late, 2 disconnected, 2 queue-full, 1 interrupted)\n"
      "  peer: 127.0.0.1:514\n"
      "  of the written: 20 drained (the receiver's machine took all and said goodbye), "
      "2 acknowledged, 4 uncertain\n"
      "  uncertain: the connection ended badly after they were written; only the receiver's own "
      "records tell which arrived\n"
      "  cut: of 1 of these only the first bytes were written\n"
      "  9 ICMP errors came back: as many of the written, or more, found no listener\n"
      "  3 connections, of these 1 after a loss\n"
      "  5 resent: a lost connection had not acknowledged them; they may have come more than "
      "once\n"
      "file:out.log: 36 due, 36 written\n"
      "  peer: out.log\n"
      "in all: 72 due, 62 written, 4 refused (1 too-long, 2 connection-refused, 1 other-error), "
      "6 dropped (1 too-late, 2 disconnected, 2 queue-full, 1 interrupted)\n"
      "2.500 s: 24.8/s, as fast as the targets took it\n"
      "lateness: p50 105us, p99 1.23ms, max 1.23ms\n"
      "broken on purpose: 3 truncated, 1 over-long 2049\n"
      "interrupted: what was not yet due by then is not in these books\n"
      "insecure: the receiver's certificate was not verified\n"
      "incomplete: a file that records this run could not be written\n"
      "warning: the ledger could not be written: No space left on device\n");
}

TEST(RunSummary, DoesNotCallADatagramArrived) {
  RunRecord record;
  TargetRecord target;
  target.target = "udp://192.0.2.1:514";
  target.books.due = target.books.written = 7;
  record.targets = {target};
  record.elapsed = 7s;
  EXPECT_EQ(summary_text(record),
            "udp://192.0.2.1:514: 7 due, 7 written\n"
            "  over UDP written is all that can be known: whether it arrived, the receiver's "
            "records tell\n"
            "7.000 s: 0.9/s asked for, 0.9/s written\n");
}

TEST(RunSummary, EscapesWhatCameFromOutside) {
  RunRecord record;
  TargetRecord target;
  target.target = "tcp://h\033[2J";
  record.targets = {target};
  EXPECT_EQ(summary_text(record).substr(0, 23), "tcp://h\\x1b[2J: 0 due, ");
}

}  // namespace
}  // namespace esm
