#include "sender/verify/expected_window.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

// Receivers store nearly in the order in which was sent, so a line that comes finds its message
// among those that were due lately. Only if it does not, more expected lines are looked at; when
// the window is full of lines that did not come, the oldest give way: they are absent, for the time
// being. A received line that finds nothing is a stray. At the end strays and absent lines that
// have the same hash are brought together, so the result does not depend on the window at all: a
// file in any order gives the same counts, at the cost of memory for what was out of place.

namespace esm {
namespace {

constexpr std::size_t kChunk = 512;
// So many strange lines in a row mean that the window is at the wrong place: everything in it was
// lost.
constexpr std::uint64_t kStrangeInARow = 1'024;

}  // namespace

ExpectedWindow::ExpectedWindow(std::size_t size, std::uint32_t endpoints, Supply supply)
    : supply_(std::move(supply)),
      size_(std::max(size, kChunk)),
      ring_(std::bit_ceil(size_ + 2 * kChunk)),
      heads_(ring_.size()),
      endpoint_latest_(endpoints) {}

ExpectedWindow::Waiting* ExpectedWindow::find(const Hash128& hash) {
  for (std::uint32_t place = heads_[bucket(hash)]; place != 0; place = ring_[place - 1].next) {
    if (ring_[place - 1].hash == hash) return &ring_[place - 1];
  }
  return nullptr;
}

void ExpectedWindow::add(const ExpectedLine& line) {
  if (Waiting* const same = find(line.hash)) {
    same->lane = kNotJudged;
    same->resent = same->resent || line.resent;
    // What was a copy too many is this one.
    const bool has_come = same->received > same->equal;
    ++same->equal;
    if (has_come) {
      --copies_total_;
      take(*same, line.uncertain);
    } else {
      ++(line.uncertain ? same->uncertain : same->sent);
    }
    return;
  }
  Waiting& made = at(end_);
  const std::size_t chain = bucket(line.hash);
  made = {line.hash, line.order, line.endpoint, line.lane, heads_[chain], 0, 0, 1, 0, line.resent};
  ++(line.uncertain ? made.uncertain : made.sent);
  heads_[chain] = static_cast<std::uint32_t>(end_ & (ring_.size() - 1)) + 1;
  ++end_;
}

bool ExpectedWindow::supply_more() {
  if (exhausted_) return false;
  chunk_.clear();
  while (chunk_.size() < kChunk && !exhausted_) exhausted_ = !supply_(chunk_);
  for (const ExpectedLine& line : chunk_) {
    while (end_ - begin_ >= ring_.size()) drop_oldest();
    add(line);
  }
  return !chunk_.empty();
}

void ExpectedWindow::drop_oldest() {
  Waiting& line = at(begin_);
  const std::uint32_t place = static_cast<std::uint32_t>(begin_ & (ring_.size() - 1)) + 1;
  std::uint32_t* link = &heads_[bucket(line.hash)];
  while (*link != place) link = &ring_[*link - 1].next;
  *link = line.next;
  ++begin_;
  if (line.sent + line.uncertain > 0) {
    absent_.push_back(
        {line.hash, line.order, line.endpoint, line.sent, line.uncertain, line.equal});
  }
  if (line.received > line.equal) {
    copies_.push_back({line.hash, line.order, line.endpoint, line.equal, line.received});
  }
}

void ExpectedWindow::drop_what_came() {
  while (begin_ < end_ && at(begin_).sent + at(begin_).uncertain == 0 &&
         end_ - begin_ > size_ / 2) {
    drop_oldest();
  }
}

// Whether more expected lines may be looked at.
bool ExpectedWindow::make_room() {
  drop_what_came();
  if (end_ - begin_ < size_) return true;
  if (latest_matched_ > begin_ + size_ / 2) {
    // Much later ones have come: the oldest did not.
    for (std::size_t i = 0; i < kChunk && begin_ < end_; ++i) drop_oldest();
    return true;
  }
  if (strange_in_a_row_ < kStrangeInARow) return false;
  strange_in_a_row_ = 0;
  for (std::size_t i = 0; i < size_ / 4 && begin_ < end_; ++i) drop_oldest();
  return true;
}

ExpectedWindow::Came ExpectedWindow::receive(const Hash128& hash, std::uint64_t number) {
  for (;;) {
    if (Waiting* const line = find(hash)) {
      strange_in_a_row_ = 0;
      return match(*line);
    }
    if (exhausted_ || !make_room() || !supply_more()) break;
  }
  ++strange_in_a_row_;
  strays_.push_back({hash, number});
  return Came::kStray;
}

ExpectedWindow::Came ExpectedWindow::match(Waiting& line) {
  ++line.received;
  const auto ring_place = static_cast<std::uint64_t>(&line - ring_.data());
  const std::uint64_t ahead = (ring_place - begin_) & (ring_.size() - 1);
  latest_matched_ = std::max(latest_matched_, begin_ + ahead);
  if (line.sent + line.uncertain == 0) {
    if (line.resent) {
      --line.received;
      ++again_;
      return Came::kAgain;
    }
    ++copies_total_;
    return Came::kCopy;
  }
  const bool uncertain = line.sent == 0;
  --(uncertain ? line.uncertain : line.sent);
  take(line, uncertain);
  if (line.lane == kNotJudged) return Came::kKnown;
  std::uint64_t& of_endpoint = endpoint_latest_[line.endpoint];
  if (line.order + 1 < of_endpoint) ++reordered_[line.endpoint];
  of_endpoint = std::max(of_endpoint, line.order + 1);
  return in_order(line) ? Came::kKnown : Came::kOutOfOrder;
}

void ExpectedWindow::take(const Waiting& line, bool uncertain) {
  ++(uncertain ? uncertain_matched_ : matched_);
  if (uncertain) uncertain_taken_.push_back(line.hash);
}

bool ExpectedWindow::in_order(const Waiting& line) {
  if (line.lane >= lane_latest_.size()) lane_latest_.resize(std::size_t{line.lane} + 1);
  std::uint64_t& latest = lane_latest_[line.lane];
  if (line.order + 1 < latest) return false;
  latest = line.order + 1;
  return true;
}

void ExpectedWindow::finish() {
  do {
    while (begin_ < end_) drop_oldest();
  } while (supply_more());
  bring_together();
  take_back_uncertain();
  const auto by_order = [](const Absent& a, const Absent& b) { return a.order < b.order; };
  std::sort(absent_.begin(), absent_.end(), by_order);
  std::erase_if(absent_, [](const Absent& line) { return line.sent + line.uncertain == 0; });
}

void ExpectedWindow::bring_together() {
  if (absent_.empty() || (strays_.empty() && copies_.empty())) return;
  std::sort(absent_.begin(), absent_.end(), [](const Absent& a, const Absent& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.order < b.order;
  });
  std::erase_if(strays_, [&](const Stray& stray) {
    if (!take_absent(stray.hash)) return false;
    ++displaced_;
    return true;
  });
  // A copy of a line may be a later message that has the same line.
  std::erase_if(copies_, [&](Copies& line) {
    while (line.surplus() > 0 && take_absent(line.hash)) {
      ++line.sent;
      --copies_total_;
    }
    return line.surplus() == 0;
  });
}

// One of the absent lines with this hash has come, a certain one first, wherever it stands. False
// where there is none.
bool ExpectedWindow::take_absent(const Hash128& hash) {
  auto line =
      std::lower_bound(absent_.begin(), absent_.end(), hash,
                       [](const Absent& a, const Hash128& wanted) { return a.hash < wanted; });
  auto found = absent_.end();
  for (; line != absent_.end() && line->hash == hash; ++line) {
    if (line->sent > 0) {
      found = line;
      break;
    }
    if (line->uncertain > 0 && found == absent_.end()) found = line;
  }
  if (found == absent_.end()) return false;
  if (found->sent > 0) {
    --found->sent;
    ++matched_;
  } else {
    --found->uncertain;
    ++uncertain_matched_;
    uncertain_taken_.push_back(hash);
  }
  return true;
}

// Of equal lines the certain ones are the first to have come, also where an uncertain one had left
// long before.
void ExpectedWindow::take_back_uncertain() {
  if (uncertain_taken_.empty()) return;
  std::sort(uncertain_taken_.begin(), uncertain_taken_.end());
  std::vector<bool> back(uncertain_taken_.size());
  for (Absent& line : absent_) {
    auto taken = std::lower_bound(uncertain_taken_.begin(), uncertain_taken_.end(), line.hash);
    for (; line.sent > 0 && taken != uncertain_taken_.end() && *taken == line.hash; ++taken) {
      const auto index = static_cast<std::size_t>(taken - uncertain_taken_.begin());
      if (back[index]) continue;
      back[index] = true;
      --line.sent;
      ++line.uncertain;
      ++matched_;
      --uncertain_matched_;
    }
  }
}

}  // namespace esm
