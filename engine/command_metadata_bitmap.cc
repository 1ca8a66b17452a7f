// COMMAND DOCS: bitmaps. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandChange kBitcountHistory[] = {
    {"7.0.0", "Added the `BYTE|BIT` option."},
};
constexpr CommandArgument kBitcountArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "index", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "start", .type = kInteger},
    {.depth = 1, .name = "end", .type = kInteger},
    {.depth = 1, .name = "index_unit", .type = kOneOf, .flags = kOptional, .since = "7.0.0"},
    {.depth = 2, .name = "byte", .type = kPureToken, .token = "BYTE"},
    {.depth = 2, .name = "bit", .type = kPureToken, .token = "BIT"},
};
constexpr CommandArgument kBitfieldArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "operation", .type = kOneOf, .flags = kOptional | kMultiple},
    {.depth = 1, .name = "encoding_offset", .type = kBlock, .token = "GET"},
    {.depth = 2, .name = "encoding"},
    {.depth = 2, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "write", .type = kBlock},
    {.depth = 2, .name = "wrap_sat_fail", .type = kOneOf, .flags = kOptional, .token = "OVERFLOW"},
    {.depth = 3, .name = "wrap", .type = kPureToken, .token = "WRAP"},
    {.depth = 3, .name = "sat", .type = kPureToken, .token = "SAT"},
    {.depth = 3, .name = "fail", .type = kPureToken, .token = "FAIL"},
    {.depth = 2, .name = "write_operation", .type = kOneOf},
    {.depth = 3, .name = "encoding_offset_value", .type = kBlock, .token = "SET"},
    {.depth = 4, .name = "encoding"},
    {.depth = 4, .name = "offset", .type = kInteger},
    {.depth = 4, .name = "value", .type = kInteger},
    {.depth = 3, .name = "encoding_offset_increment", .type = kBlock, .token = "INCRBY"},
    {.depth = 4, .name = "encoding"},
    {.depth = 4, .name = "offset", .type = kInteger},
    {.depth = 4, .name = "increment", .type = kInteger},
};
constexpr CommandArgument kBitfieldRoArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "encoding_offset",
     .type = kBlock,
     .flags = kOptional | kMultiple | kMultipleToken,
     .token = "GET"},
    {.depth = 1, .name = "encoding"},
    {.depth = 1, .name = "offset", .type = kInteger},
};
constexpr CommandArgument kBitopArguments[] = {
    {.name = "operation"},
    {.name = "destkey", .type = kKey, .key_spec_index = 0},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
};
constexpr CommandChange kBitposHistory[] = {
    {"7.0.0", "Added the `BYTE|BIT` option."},
};
constexpr CommandArgument kBitposArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "bit", .type = kInteger},
    {.name = "index", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "start", .type = kInteger},
    {.depth = 1, .name = "end_index", .type = kBlock, .flags = kOptional},
    {.depth = 2, .name = "end", .type = kInteger},
    {.depth = 2, .name = "index_unit", .type = kOneOf, .flags = kOptional, .since = "7.0.0"},
    {.depth = 3, .name = "byte", .type = kPureToken, .token = "BYTE"},
    {.depth = 3, .name = "bit", .type = kPureToken, .token = "BIT"},
};
constexpr CommandArgument kGetbitArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "offset", .type = kInteger},
};
constexpr CommandArgument kSetbitArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "offset", .type = kInteger},
    {.name = "value", .type = kInteger},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "bitcount",
     .summary = "Count set bits in a string",
     .since = "2.6.0",
     .complexity = "O(N)",
     .history = kBitcountHistory,
     .arguments = kBitcountArguments},
    {.full_name = "bitfield",
     .summary = "Perform arbitrary bitfield integer operations on strings",
     .since = "3.2.0",
     .complexity = "O(1) for each subcommand specified",
     .arguments = kBitfieldArguments},
    {.full_name = "bitfield_ro",
     .summary =
         "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD",
     .since = "6.0.0",
     .complexity = "O(1) for each subcommand specified",
     .arguments = kBitfieldRoArguments},
    {.full_name = "bitop",
     .summary = "Perform bitwise operations between strings",
     .since = "2.6.0",
     .complexity = "O(N)",
     .arguments = kBitopArguments},
    {.full_name = "bitpos",
     .summary = "Find first bit set or clear in a string",
     .since = "2.8.7",
     .complexity = "O(N)",
     .history = kBitposHistory,
     .arguments = kBitposArguments},
    {.full_name = "getbit",
     .summary = "Returns the bit value at offset in the string value stored at key",
     .since = "2.2.0",
     .complexity = "O(1)",
     .arguments = kGetbitArguments},
    {.full_name = "setbit",
     .summary = "Sets or clears the bit at offset in the string value stored at key",
     .since = "2.2.0",
     .complexity = "O(1)",
     .arguments = kSetbitArguments},
};

}  // namespace

std::span<const CommandMetadata> bitmap_metadata() { return kCommands; }

}  // namespace engine
