#include "sender/message/csv_column.h"

#include <algorithm>

#include "sender/message/escape.h"

namespace esm {
namespace {

bool may_need_quotes(const Piece& piece) {
  if (!piece.is_field) return needs_quotes(piece.literal);
  switch (piece.field) {
    case Field::kEndpointAddress:
    case Field::kEsmAddress:
    case Field::kOrdinal:
    case Field::kHash:
    case Field::kUuid:
      return false;
    case Field::kTime:
      return needs_quotes(piece.format);
    case Field::kEndpointHost:
    case Field::kEndpointVersion:
    case Field::kEndpointOs:
    case Field::kUser:
    case Field::kUserName:
    case Field::kUserDomain:
    case Field::kEsmName:
    case Field::kEsmVersion:
      return true;
  }
  return true;
}

}  // namespace

bool is_always_quoted(const Pattern& column) {
  const bool by_value =
      column.size() == 1 && column.front().is_field && column.front().field != Field::kTime;
  return !by_value && std::any_of(column.begin(), column.end(), may_need_quotes);
}

}  // namespace esm
