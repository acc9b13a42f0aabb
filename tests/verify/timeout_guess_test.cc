#include "sender/verify/timeout_guess.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

TEST(TimeoutGuess, WhatIsLeftSaysHowLongMappingsLive) {
  TimeoutGuess guess;
  guess.there(10min, 5min);
  guess.there(2min, 13min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), std::nullopt) << "nothing is gone";
  guess.gone(20min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), SimTime{15min});
  EXPECT_EQ(guess.shorter_than(15min, 2s), std::nullopt);
}

TEST(TimeoutGuess, WhatLivesForEverIsNotShorter) {
  TimeoutGuess guess;
  guess.there(10min, kNever);
  guess.gone(20min);
  EXPECT_EQ(guess.shorter_than(kNever, 2s), std::nullopt);
  EXPECT_EQ(guess.shorter_than(45min, 2s), std::nullopt);
}

TEST(TimeoutGuess, OneRowThatIsOddDoesNotDecide) {
  TimeoutGuess guess;
  for (const SimTime age : {1min, 2min, 3min, 4min}) guess.there(age, 45min - age);
  guess.there(5min, 1min);
  guess.gone(30min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), std::nullopt);
}

TEST(TimeoutGuess, WithoutSecondsAgesDecideWhereItIsNoChance) {
  TimeoutGuess guess;
  for (int i = 0; i < 20; ++i) guess.there(std::chrono::minutes{i}, std::nullopt);
  guess.gone(25min);
  guess.gone(26min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), std::nullopt) << "once in 231 by chance";
  guess.gone(30min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), SimTime{25min}) << "once in 1,771";
  guess.gone(5min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), std::nullopt) << "older ones are there";
}

TEST(TimeoutGuess, AnEmptyTableSaysNothing) {
  TimeoutGuess guess;
  for (int i = 0; i < 100; ++i) guess.gone(40min);
  EXPECT_EQ(guess.shorter_than(45min, 2s), std::nullopt);
}

}  // namespace
}  // namespace esm
