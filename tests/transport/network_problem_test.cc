#include "sender/transport/network_problem.h"

#include <cerrno>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netdb.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

const std::string kPeer = "10.0.0.1:514";

TEST(NetworkProblem, EveryReasonThatPreventsAConnectionHasItsOwnWords) {
  struct Row {
    int error;
    const char* what;
  };
  const Row rows[] = {
      {ECONNREFUSED, "connection refused by 10.0.0.1:514"},
      {ETIMEDOUT, "no answer from 10.0.0.1:514"},
      {ECONNRESET, "connection reset by 10.0.0.1:514 while connecting"},
      {ENETUNREACH, "no route to 10.0.0.1:514: Network is unreachable"},
      {EHOSTUNREACH, "no route to 10.0.0.1:514: No route to host"},
      {ENETDOWN, "no route to 10.0.0.1:514: Network is down"},
      {EINVAL, "the way to 10.0.0.1:514 leads nowhere: Invalid argument"},
      {EPERM, "not permitted to connect to 10.0.0.1:514: Operation not permitted"},
      {EACCES, "not permitted to connect to 10.0.0.1:514: Permission denied"},
      {EADDRNOTAVAIL, "no local port is free for 10.0.0.1:514: Cannot assign requested address"},
      {EMFILE, "no connection to 10.0.0.1:514: Too many open files"},
      {ENFILE, "no connection to 10.0.0.1:514: Too many open files in system"},
      {EAFNOSUPPORT, "no connection to 10.0.0.1:514: Address family not supported by protocol"},
  };
  std::set<std::string> said;
  for (const Row& row : rows) {
    const Problem problem = connect_problem(kPeer, row.error);
    EXPECT_EQ(problem.what, row.what);
    EXPECT_NE(problem.hint, "") << row.what;
    EXPECT_TRUE(problem.happened);
    // Each of them can pass: a route comes back, a process ends.
    EXPECT_FALSE(problem.permanent) << row.what;
    EXPECT_TRUE(said.insert(problem.what).second);
  }
  EXPECT_EQ(connect_problem(kPeer, EIO).what, "no connection to 10.0.0.1:514: Input/output error");
}

TEST(NetworkProblem, EveryEndOfAConnectionHasItsOwnWords) {
  EXPECT_EQ(lost_problem(kPeer, 0).what, "10.0.0.1:514 closed the connection");
  EXPECT_EQ(lost_problem(kPeer, ECONNRESET).what, "10.0.0.1:514 reset the connection");
  EXPECT_EQ(lost_problem(kPeer, EPIPE).what, "10.0.0.1:514 reset the connection");
  EXPECT_EQ(lost_problem(kPeer, ETIMEDOUT).what,
            "10.0.0.1:514 no longer answers, or reads no more");
  EXPECT_EQ(lost_problem(kPeer, ENETUNREACH).what,
            "there is no way to 10.0.0.1:514 any more: Network is unreachable");
  EXPECT_NE(lost_problem(kPeer, EHOSTUNREACH).hint, "");
  EXPECT_EQ(lost_problem(kPeer, EIO).what,
            "the connection to 10.0.0.1:514 broke: Input/output error");
  EXPECT_EQ(stall_problem(kPeer, 30s).what, "10.0.0.1:514 took nothing for 30s");
}

TEST(NetworkProblem, AnUnknownNameIsToldFromANameServerThatDoesNotAnswer) {
  EXPECT_EQ(name_problem("logs", EAI_NONAME).what,
            "the host 'logs' is not known: Name or service not known");
  EXPECT_EQ(name_problem("logs", EAI_NODATA).what,
            "the host 'logs' is not known: No address associated with hostname");
  EXPECT_EQ(name_problem("logs", EAI_AGAIN).what,
            "the host 'logs' could not be looked up: Temporary failure in name resolution");
  EXPECT_EQ(name_timeout_problem("logs", 10s).what,
            "the host 'logs' could not be looked up within 10s");
}

TEST(NetworkProblem, OnlyASourceAddressThatIsNotOursIsPermanent) {
  const IpAddress source = *IpAddress::parse("10.0.0.9");
  EXPECT_EQ(source_problem(source, EADDRNOTAVAIL).what,
            "the source address 10.0.0.9 is not one of this machine");
  EXPECT_TRUE(source_problem(source, EADDRNOTAVAIL).permanent);
  EXPECT_EQ(source_problem(source, EADDRINUSE).what,
            "cannot send from the source address 10.0.0.9: Address already in use");
  EXPECT_FALSE(source_problem(source, EADDRINUSE).permanent);
}

TEST(NetworkProblem, ARefusedMessageIsBookedUnderItsReason) {
  struct Row {
    int error;
    Reason reason;
  };
  for (const Row& row :
       {Row{0, Reason::kNone}, Row{EMSGSIZE, Reason::kTooLong}, Row{ENOBUFS, Reason::kNoBuffers},
        Row{ENOMEM, Reason::kNoBuffers}, Row{ECONNREFUSED, Reason::kConnectionRefused},
        Row{ENETUNREACH, Reason::kUnreachable}, Row{EHOSTUNREACH, Reason::kUnreachable},
        Row{ENETDOWN, Reason::kUnreachable}, Row{EPERM, Reason::kNotPermitted},
        Row{EACCES, Reason::kNotPermitted}, Row{EINVAL, Reason::kOtherError}}) {
    EXPECT_EQ(reason_of(row.error), row.reason) << row.error;
  }
}

}  // namespace
}  // namespace esm
