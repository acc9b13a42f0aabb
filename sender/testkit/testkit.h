// Testing a receiver from a GoogleTest test: play a scenario to it and compare what it stored or
// learnt with what it should have.
//
//   const auto run = esm::testkit::play(Script::named("morning-logon"), "tcp://127.0.0.1:5514");
//   ASSERT_THAT(run, IsRight());                                        // all of it was sent
//   EXPECT_THAT(run.compare_file("/var/log/esm.log"), IsRight());       // and stored
//   EXPECT_THAT(run.compare_users(receiver.users(), "end"), IsRight()); // and learnt
//
// Without GoogleTest include the others, and ask ok() and text().
#pragma once

#include "sender/testkit/comparison.h"
#include "sender/testkit/matchers.h"
#include "sender/testkit/played.h"
#include "sender/testkit/result.h"
#include "sender/testkit/script.h"
#include "sender/testkit/truth.h"
