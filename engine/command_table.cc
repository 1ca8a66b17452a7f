#include "engine/command_table.h"

#include <array>

#include "base/check.h"
#include "engine/command_key_specs.h"
#include "engine/command_keys.h"
#include "engine/commands/bit_commands.h"
#include "engine/commands/client_commands.h"
#include "engine/commands/config_commands.h"
#include "engine/commands/connection_commands.h"
#include "engine/commands/debug_commands.h"
#include "engine/commands/geo_commands.h"
#include "engine/commands/hash_commands.h"
#include "engine/commands/hyperloglog_commands.h"
#include "engine/commands/key_commands.h"
#include "engine/commands/list_commands.h"
#include "engine/commands/memory_commands.h"
#include "engine/commands/observation_commands.h"
#include "engine/commands/persistence_commands.h"
#include "engine/commands/pubsub_commands.h"
#include "engine/commands/scan_commands.h"
#include "engine/commands/server_commands.h"
#include "engine/commands/set_commands.h"
#include "engine/commands/stream_commands.h"
#include "engine/commands/string_commands.h"
#include "engine/commands/tier_commands.h"
#include "engine/commands/transaction_commands.h"
#include "engine/commands/zset_commands.h"

namespace engine {
namespace {

using namespace command_flag;
using namespace acl_category;
using namespace key_specs;
using enum KeyAccess;

// The keys of a row: specs that tell all, or specs and the finder that knows better.
struct RowKeys {
  std::span<const KeySpec> specs;
  KeyFinder finder = nullptr;
  // g++ with -fsanitize=undefined cannot compare a function's address at compile time.
  bool has_finder = false;

  constexpr RowKeys() = default;
  // COMMAND shows no keys of such a row.
  constexpr explicit RowKeys(KeyFinder key_finder) : finder(key_finder), has_finder(true) {}
  template <size_t N>
  constexpr RowKeys(const KeySpec (&array)[N]) : specs(array) {}
  template <size_t N>
  constexpr RowKeys(const KeySpec (&array)[N], KeyFinder key_finder)
      : specs(array), finder(key_finder), has_finder(true) {}
};

struct CommandRow {
  std::string_view full_name;
  int16_t arity;
  uint32_t flags;
  uint32_t acl_categories;  // Those that the flags do not imply.
  RowKeys keys;
  KeyAccess access;
  CommandFunction handler = nullptr;
  uint8_t chunked_word = 0;  // See Command.
};

// Groups in the order of command_groups(), names in order within each.
constexpr CommandRow kRows[] = {

    // Keys of any type
    {"copy", -3, kWrite | kDenyOom, kKeyspace, {kCopyKeys, find_copy_keys}, kValue, copy_command},
    {"del", -2, kWrite, kKeyspace, kRemovesAllKeys, kMeta, del_command},
    {"dump", 2, kReadOnly, kKeyspace, kReadsKey, kValue, dump_command},
    {"exists", -2, kReadOnly | kFast, kKeyspace, kInspectsAllKeys, kMeta, exists_command},
    {"expire", -3, kWrite | kFast, kKeyspace, kUpdatesKey, kValue, expire_command},
    {"expireat", -3, kWrite | kFast, kKeyspace, kUpdatesKey, kValue, expireat_command},
    {"expiretime", 2, kReadOnly | kFast, kKeyspace, kReadsKey, kMeta, expiretime_command},
    {"keys", 2, kReadOnly, kKeyspace | kDangerous, {}, kNone, keys_command},
    {"migrate", -6, kWrite, kKeyspace | kDangerous, {kMigrateKeys, find_migrate_keys}, kValue},
    {"move",
     3,
     kWrite | kFast,
     kKeyspace,
     {kReadsUpdatesKey, find_move_keys},
     kValue,
     move_command},
    {"object", -2, 0, 0, {}, kNone},
    {"object|encoding", 3, kReadOnly, kKeyspace, kInspectsKeyAt2, kValue, object_encoding_command},
    {"object|freq", 3, kReadOnly, kKeyspace, kInspectsKeyAt2, kMeta, object_freq_command},
    {"object|help", 2, kLoading | kStale, kKeyspace, {}, kNone, object_help_command},
    {"object|idletime", 3, kReadOnly, kKeyspace, kInspectsKeyAt2, kMeta, object_idletime_command},
    {"object|refcount", 3, kReadOnly, kKeyspace, kInspectsKeyAt2, kMeta, object_refcount_command},
    {"persist", 2, kWrite | kFast, kKeyspace, kUpdatesKey, kValue, persist_command},
    {"pexpire", -3, kWrite | kFast, kKeyspace, kUpdatesKey, kValue, pexpire_command},
    {"pexpireat", -3, kWrite | kFast, kKeyspace, kUpdatesKey, kValue, pexpireat_command},
    {"pexpiretime", 2, kReadOnly | kFast, kKeyspace, kReadsKey, kMeta, pexpiretime_command},
    {"pttl", 2, kReadOnly | kFast, kKeyspace, kReadsKey, kMeta, pttl_command},
    {"randomkey", 1, kReadOnly | kTouchesArbitraryKeys, kKeyspace, {}, kNone, randomkey_command},
    {"rename", 3, kWrite, kKeyspace, kRenameKeys, kValue, rename_command},
    {"renamenx", 3, kWrite | kFast, kKeyspace, kRenamenxKeys, kValue, renamenx_command},
    {"restore", -4, kWrite | kDenyOom, kKeyspace | kDangerous, kOverwritesKey, kMeta,
     restore_command},
    {"scan", -2, kReadOnly | kTouchesArbitraryKeys, kKeyspace, {}, kNone, scan_command},
    {"sort",
     -2,
     kWrite | kDenyOom,
     kSet | kSortedSet | kList | kDangerous,
     {kSortKeys, find_sort_keys},
     kValue,
     sort_command},
    {"sort_ro",
     -2,
     kReadOnly,
     kSet | kSortedSet | kList | kDangerous,
     {kSortRoKeys, find_sort_ro_keys},
     kValue,
     sort_ro_command},
    {"touch", -2, kReadOnly | kFast, kKeyspace, kInspectsAllKeys, kMeta, touch_command},
    {"ttl", 2, kReadOnly | kFast, kKeyspace, kReadsKey, kMeta, ttl_command},
    {"type", 2, kReadOnly | kFast, kKeyspace, kInspectsKey, kMeta, type_command},
    {"unlink", -2, kWrite | kFast, kKeyspace, kRemovesAllKeys, kMeta, del_command},
    {"wait", 3, kNoScript, kConnection, {}, kNone, wait_command},

    // Strings
    {"append", 3, kWrite | kDenyOom | kFast, kString, kInsertsIntoKey, kValue, append_command, 2},
    {"decr", 2, kWrite | kDenyOom | kFast, kString, kReadsUpdatesKey, kValue, decr_command},
    {"decrby", 3, kWrite | kDenyOom | kFast, kString, kReadsUpdatesKey, kValue, decrby_command},
    {"get", 2, kReadOnly | kFast, kString, kReadsKey, kValue, get_command},
    {"getdel", 2, kWrite | kFast, kString, kTakesFromKey, kValue, getdel_command},
    {"getex", -2, kWrite | kFast, kString, kGetexKeys, kValue, getex_command},
    {"getrange", 4, kReadOnly, kString, kReadsKey, kValue, getrange_command},
    {"getset", 3, kWrite | kDenyOom | kFast, kString, kReadsUpdatesKey, kValue, getset_command, 2},
    {"incr", 2, kWrite | kDenyOom | kFast, kString, kReadsUpdatesKey, kValue, incr_command},
    {"incrby", 3, kWrite | kDenyOom | kFast, kString, kReadsUpdatesKey, kValue, incrby_command},
    {"incrbyfloat", 3, kWrite | kDenyOom | kFast, kString, kReadsUpdatesKey, kValue,
     incrbyfloat_command},
    {"lcs", -3, kReadOnly, kString, kReadsTwoKeys, kValue, lcs_command},
    {"mget", -2, kReadOnly | kFast, kString, kReadsAllKeys, kValue, mget_command},
    {"mset", -3, kWrite | kDenyOom, kString, kOverwritesEverySecondKey, kMeta, mset_command},
    {"msetnx", -3, kWrite | kDenyOom, kString, kCreatesEverySecondKey, kMeta, msetnx_command},
    {"psetex", 4, kWrite | kDenyOom, kString, kOverwritesKey, kMeta, psetex_command, 3},
    {"set", -3, kWrite | kDenyOom, kString, {kSetKeys, find_set_keys}, kValue, set_command, 2},
    {"setex", 4, kWrite | kDenyOom, kString, kOverwritesKey, kMeta, setex_command, 3},
    {"setnx", 3, kWrite | kDenyOom | kFast, kString, kCreatesKey, kMeta, setnx_command, 2},
    {"setrange", 4, kWrite | kDenyOom, kString, kUpdatesKey, kValue, setrange_command, 3},
    {"strlen", 2, kReadOnly | kFast, kString, kInspectsKey, kValue, strlen_command},
    {"substr", 4, kReadOnly, kString, kReadsKey, kValue, getrange_command},

    // Hashes
    {"hdel", -3, kWrite | kFast, kHash, kDeletesFromKey, kValue, hdel_command},
    {"hexists", 3, kReadOnly | kFast, kHash, kInspectsKey, kValue, hexists_command},
    {"hget", 3, kReadOnly | kFast, kHash, kReadsKey, kValue, hget_command},
    {"hgetall", 2, kReadOnly, kHash, kReadsKey, kValue, hgetall_command},
    {"hincrby", 4, kWrite | kDenyOom | kFast, kHash, kReadsUpdatesKey, kValue, hincrby_command},
    {"hincrbyfloat", 4, kWrite | kDenyOom | kFast, kHash, kReadsUpdatesKey, kValue,
     hincrbyfloat_command},
    {"hkeys", 2, kReadOnly, kHash, kReadsKey, kValue, hkeys_command},
    {"hlen", 2, kReadOnly | kFast, kHash, kInspectsKey, kValue, hlen_command},
    {"hmget", -3, kReadOnly | kFast, kHash, kReadsKey, kValue, hmget_command},
    {"hmset", -4, kWrite | kDenyOom | kFast, kHash, kUpdatesKey, kValue, hset_command},
    {"hrandfield", -2, kReadOnly, kHash, kReadsKey, kValue, hrandfield_command},
    {"hscan", -3, kReadOnly, kHash, kReadsKey, kValue, hscan_command},
    {"hset", -4, kWrite | kDenyOom | kFast, kHash, kUpdatesKey, kValue, hset_command},
    {"hsetnx", 4, kWrite | kDenyOom | kFast, kHash, kInsertsIntoKey, kValue, hsetnx_command},
    {"hstrlen", 3, kReadOnly | kFast, kHash, kInspectsKey, kValue, hstrlen_command},
    {"hvals", 2, kReadOnly, kHash, kReadsKey, kValue, hvals_command},

    // Lists
    {"blmove", 6, kWrite | kDenyOom | kNoScript | kBlocking, kList, kBlmoveKeys, kValue,
     blmove_command},
    {"blmpop", -5, kWrite | kBlocking, kList, kTakesFromCountedKeysAt2, kValue, blmpop_command},
    {"blpop", -3, kWrite | kNoScript | kBlocking, kList, kTakesFromAllButLast, kValue,
     blpop_command},
    {"brpop", -3, kWrite | kNoScript | kBlocking, kList, kTakesFromAllButLast, kValue,
     brpop_command},
    {"brpoplpush", 4, kWrite | kDenyOom | kNoScript | kBlocking, kList, kBlmoveKeys, kValue,
     brpoplpush_command},
    {"lindex", 3, kReadOnly, kList, kReadsKey, kValue, lindex_command},
    {"linsert", 5, kWrite | kDenyOom, kList, kInsertsIntoKey, kValue, linsert_command},
    {"llen", 2, kReadOnly | kFast, kList, kInspectsKey, kValue, llen_command},
    {"lmove", 5, kWrite | kDenyOom, kList, kBlmoveKeys, kValue, lmove_command},
    {"lmpop", -4, kWrite, kList, kTakesFromCountedKeys, kValue, lmpop_command},
    {"lpop", -2, kWrite | kFast, kList, kTakesFromKey, kValue, lpop_command},
    {"lpos", -3, kReadOnly, kList, kReadsKey, kValue, lpos_command},
    {"lpush", -3, kWrite | kDenyOom | kFast, kList, kInsertsIntoKey, kValue, lpush_command},
    {"lpushx", -3, kWrite | kDenyOom | kFast, kList, kInsertsIntoKey, kValue, lpushx_command},
    {"lrange", 4, kReadOnly, kList, kReadsKey, kValue, lrange_command},
    {"lrem", 4, kWrite, kList, kDeletesFromKey, kValue, lrem_command},
    {"lset", 4, kWrite | kDenyOom, kList, kUpdatesKey, kValue, lset_command},
    {"ltrim", 4, kWrite, kList, kDeletesFromKey, kValue, ltrim_command},
    {"rpop", -2, kWrite | kFast, kList, kTakesFromKey, kValue, rpop_command},
    {"rpoplpush", 3, kWrite | kDenyOom, kList, kBlmoveKeys, kValue, rpoplpush_command},
    {"rpush", -3, kWrite | kDenyOom | kFast, kList, kInsertsIntoKey, kValue, rpush_command},
    {"rpushx", -3, kWrite | kDenyOom | kFast, kList, kInsertsIntoKey, kValue, rpushx_command},

    // Sets
    {"sadd", -3, kWrite | kDenyOom | kFast, kSet, kInsertsIntoKey, kValue, sadd_command},
    {"scard", 2, kReadOnly | kFast, kSet, kInspectsKey, kValue, scard_command},
    {"sdiff", -2, kReadOnly, kSet, kReadsAllKeys, kValue, sdiff_command},
    {"sdiffstore", -3, kWrite | kDenyOom, kSet, kSdiffstoreKeys, kValue, sdiffstore_command},
    {"sinter", -2, kReadOnly, kSet, kReadsAllKeys, kValue, sinter_command},
    {"sintercard", -3, kReadOnly, kSet, kReadsCountedKeys, kValue, sintercard_command},
    {"sinterstore", -3, kWrite | kDenyOom, kSet, kSinterstoreKeys, kValue, sinterstore_command},
    {"sismember", 3, kReadOnly | kFast, kSet, kInspectsKey, kValue, sismember_command},
    {"smembers", 2, kReadOnly, kSet, kReadsKey, kValue, smembers_command},
    {"smismember", -3, kReadOnly | kFast, kSet, kReadsKey, kValue, smismember_command},
    {"smove", 4, kWrite | kFast, kSet, kBlmoveKeys, kValue, smove_command},
    {"spop", -2, kWrite | kFast, kSet, kTakesFromKey, kValue, spop_command},
    {"srandmember", -2, kReadOnly, kSet, kReadsKey, kValue, srandmember_command},
    {"srem", -3, kWrite | kFast, kSet, kDeletesFromKey, kValue, srem_command},
    {"sscan", -3, kReadOnly, kSet, kReadsKey, kValue, sscan_command},
    {"sunion", -2, kReadOnly, kSet, kReadsAllKeys, kValue, sunion_command},
    {"sunionstore", -3, kWrite | kDenyOom, kSet, kSdiffstoreKeys, kValue, sunionstore_command},

    // Sorted sets
    {"bzmpop", -5, kWrite | kBlocking, kSortedSet, kTakesFromCountedKeysAt2, kValue,
     bzmpop_command},
    {"bzpopmax", -3, kWrite | kNoScript | kBlocking | kFast, kSortedSet, kTakesFromAllButLast,
     kValue, bzpopmax_command},
    {"bzpopmin", -3, kWrite | kNoScript | kBlocking | kFast, kSortedSet, kTakesFromAllButLast,
     kValue, bzpopmin_command},
    {"zadd", -4, kWrite | kDenyOom | kFast, kSortedSet, kUpdatesKey, kValue, zadd_command},
    {"zcard", 2, kReadOnly | kFast, kSortedSet, kInspectsKey, kValue, zcard_command},
    {"zcount", 4, kReadOnly | kFast, kSortedSet, kReadsKey, kValue, zcount_command},
    {"zdiff", -3, kReadOnly, kSortedSet, kReadsCountedKeys, kValue, zdiff_command},
    {"zdiffstore", -4, kWrite | kDenyOom, kSortedSet, kZdiffstoreKeys, kValue, zdiffstore_command},
    {"zincrby", 4, kWrite | kDenyOom | kFast, kSortedSet, kReadsUpdatesKey, kValue, zadd_command},
    {"zinter", -3, kReadOnly, kSortedSet, kReadsCountedKeys, kValue, zinter_command},
    {"zintercard", -3, kReadOnly, kSortedSet, kReadsCountedKeys, kValue, zintercard_command},
    {"zinterstore", -4, kWrite | kDenyOom, kSortedSet, kZdiffstoreKeys, kValue,
     zinterstore_command},
    {"zlexcount", 4, kReadOnly | kFast, kSortedSet, kReadsKey, kValue, zlexcount_command},
    {"zmpop", -4, kWrite, kSortedSet, kTakesFromCountedKeys, kValue, zmpop_command},
    {"zmscore", -3, kReadOnly | kFast, kSortedSet, kReadsKey, kValue, zmscore_command},
    {"zpopmax", -2, kWrite | kFast, kSortedSet, kTakesFromKey, kValue, zpopmax_command},
    {"zpopmin", -2, kWrite | kFast, kSortedSet, kTakesFromKey, kValue, zpopmin_command},
    {"zrandmember", -2, kReadOnly, kSortedSet, kReadsKey, kValue, zrandmember_command},
    {"zrange", -4, kReadOnly, kSortedSet, kReadsKey, kValue, zrange_command},
    {"zrangebylex", -4, kReadOnly, kSortedSet, kReadsKey, kValue, zrangebylex_command},
    {"zrangebyscore", -4, kReadOnly, kSortedSet, kReadsKey, kValue, zrangebyscore_command},
    {"zrangestore", -5, kWrite | kDenyOom, kSortedSet, kGeosearchstoreKeys, kValue,
     zrangestore_command},
    {"zrank", 3, kReadOnly | kFast, kSortedSet, kReadsKey, kValue, zrank_command},
    {"zrem", -3, kWrite | kFast, kSortedSet, kDeletesFromKey, kValue, zrem_command},
    {"zremrangebylex", 4, kWrite, kSortedSet, kDeletesFromKey, kValue, zremrangebylex_command},
    {"zremrangebyrank", 4, kWrite, kSortedSet, kDeletesFromKey, kValue, zremrangebyrank_command},
    {"zremrangebyscore", 4, kWrite, kSortedSet, kDeletesFromKey, kValue, zremrangebyscore_command},
    {"zrevrange", -4, kReadOnly, kSortedSet, kReadsKey, kValue, zrevrange_command},
    {"zrevrangebylex", -4, kReadOnly, kSortedSet, kReadsKey, kValue, zrevrangebylex_command},
    {"zrevrangebyscore", -4, kReadOnly, kSortedSet, kReadsKey, kValue, zrevrangebyscore_command},
    {"zrevrank", 3, kReadOnly | kFast, kSortedSet, kReadsKey, kValue, zrevrank_command},
    {"zscan", -3, kReadOnly, kSortedSet, kReadsKey, kValue, zscan_command},
    {"zscore", 3, kReadOnly | kFast, kSortedSet, kReadsKey, kValue, zscore_command},
    {"zunion", -3, kReadOnly, kSortedSet, kReadsCountedKeys, kValue, zunion_command},
    {"zunionstore", -4, kWrite | kDenyOom, kSortedSet, kZdiffstoreKeys, kValue,
     zunionstore_command},

    // Streams
    {"xack", -4, kWrite | kFast, kStream, kUpdatesKey, kValue, xack_command},
    {"xadd", -5, kWrite | kDenyOom | kFast, kStream, kXaddKeys, kValue, xadd_command},
    {"xautoclaim", -6, kWrite | kFast, kStream, kDeletesFromKey, kValue, xautoclaim_command},
    {"xclaim", -6, kWrite | kFast, kStream, kUpdatesKey, kValue, xclaim_command},
    {"xdel", -3, kWrite | kFast, kStream, kDeletesFromKey, kValue, xdel_command},
    {"xgroup", -2, 0, 0, {}, kNone},
    {"xgroup|create", -5, kWrite | kDenyOom, kStream, kInsertsIntoKeyAt2, kValue,
     xgroup_create_command},
    {"xgroup|createconsumer", 5, kWrite | kDenyOom, kStream, kInsertsIntoKeyAt2, kValue,
     xgroup_createconsumer_command},
    {"xgroup|delconsumer", 5, kWrite, kStream, kDeletesFromKeyAt2, kValue,
     xgroup_delconsumer_command},
    {"xgroup|destroy", 4, kWrite, kStream, kDeletesFromKeyAt2, kValue, xgroup_destroy_command},
    {"xgroup|help", 2, kLoading | kStale, kStream, {}, kNone, xgroup_help_command},
    {"xgroup|setid", -5, kWrite, kStream, kUpdatesKeyAt2, kValue, xgroup_setid_command},
    {"xinfo", -2, 0, 0, {}, kNone},
    {"xinfo|consumers", 4, kReadOnly, kStream, kReadsKeyAt2, kValue, xinfo_consumers_command},
    {"xinfo|groups", 3, kReadOnly, kStream, kReadsKeyAt2, kValue, xinfo_groups_command},
    {"xinfo|help", 2, kLoading | kStale, kStream, {}, kNone, xinfo_help_command},
    {"xinfo|stream", -3, kReadOnly, kStream, kReadsKeyAt2, kValue, xinfo_stream_command},
    {"xlen", 2, kReadOnly | kFast, kStream, kInspectsKey, kValue, xlen_command},
    {"xpending", -3, kReadOnly, kStream, kReadsKey, kValue, xpending_command},
    {"xrange", -4, kReadOnly, kStream, kReadsKey, kValue, xrange_command},
    {"xread", -4, kReadOnly | kBlocking, kStream, kXreadKeys, kValue, xread_command},
    {"xreadgroup", -7, kWrite | kBlocking, kStream, kXreadgroupKeys, kValue, xreadgroup_command},
    {"xrevrange", -4, kReadOnly, kStream, kReadsKey, kValue, xrevrange_command},
    {"xsetid", -3, kWrite | kDenyOom | kFast, kStream, kUpdatesKey, kValue, xsetid_command},
    {"xtrim", -4, kWrite, kStream, kDeletesFromKey, kValue, xtrim_command},

    // Bitmaps
    {"bitcount", -2, kReadOnly, kBitmap, kReadsKey, kValue, bitcount_command},
    {"bitfield",
     -2,
     kWrite | kDenyOom,
     kBitmap,
     {kBitfieldKeys, find_bitfield_keys},
     kValue,
     bitfield_command},
    {"bitfield_ro", -2, kReadOnly | kFast, kBitmap, kReadsKey, kValue, bitfield_ro_command},
    {"bitop", -4, kWrite | kDenyOom, kBitmap, kBitopKeys, kValue, bitop_command},
    {"bitpos", -3, kReadOnly, kBitmap, kReadsKey, kValue, bitpos_command},
    {"getbit", 3, kReadOnly | kFast, kBitmap, kReadsKey, kValue, getbit_command},
    {"setbit", 4, kWrite | kDenyOom, kBitmap, kReadsUpdatesKey, kValue, setbit_command},

    // HyperLogLog
    {"pfadd", -2, kWrite | kDenyOom | kFast, kHyperLogLog, kInsertsIntoKey, kValue, pfadd_command},
    {"pfcount", -2, kReadOnly | kMayReplicate, kHyperLogLog, kPfcountKeys, kValue, pfcount_command},
    {"pfdebug", 3, kWrite | kDenyOom | kAdmin | kSystem, kHyperLogLog, kReadsRewritesKeyAt2, kValue,
     pfdebug_command},
    {"pfmerge", -2, kWrite | kDenyOom, kHyperLogLog, kPfmergeKeys, kValue, pfmerge_command},
    {"pfselftest", 1, kAdmin | kSystem, kHyperLogLog, {}, kNone, pfselftest_command},

    // Geo
    {"geoadd", -5, kWrite | kDenyOom, kGeo, kUpdatesKey, kValue, geoadd_command},
    {"geodist", -4, kReadOnly, kGeo, kReadsKey, kValue, geodist_command},
    {"geohash", -2, kReadOnly, kGeo, kReadsKey, kValue, geohash_command},
    {"geopos", -2, kReadOnly, kGeo, kReadsKey, kValue, geopos_command},
    {"georadius", -6, kWrite | kDenyOom, kGeo, kGeoradiusKeys, kValue, georadius_command},
    {"georadius_ro", -6, kReadOnly, kGeo, kReadsKey, kValue, georadius_command},
    {"georadiusbymember", -5, kWrite | kDenyOom, kGeo, kGeoradiusbymemberKeys, kValue,
     georadiusbymember_command},
    {"georadiusbymember_ro", -5, kReadOnly, kGeo, kReadsKey, kValue, georadiusbymember_command},
    {"geosearch", -7, kReadOnly, kGeo, kReadsKey, kValue, geosearch_command},
    {"geosearchstore", -8, kWrite | kDenyOom, kGeo, kGeosearchstoreKeys, kValue,
     geosearchstore_command},

    // Pub/sub
    {"psubscribe", -2, kPubSub | kNoScript | kLoading | kStale, 0, {}, kNone, psubscribe_command},
    {"publish",
     3,
     kPubSub | kLoading | kStale | kFast | kMayReplicate,
     0,
     {},
     kNone,
     publish_command},
    {"pubsub", -2, 0, 0, {}, kNone},
    {"pubsub|channels", -2, kPubSub | kLoading | kStale, 0, {}, kNone, pubsub_channels_command},
    {"pubsub|help", 2, kLoading | kStale, 0, {}, kNone, pubsub_help_command},
    {"pubsub|numpat", 2, kPubSub | kLoading | kStale, 0, {}, kNone, pubsub_numpat_command},
    {"pubsub|numsub", -2, kPubSub | kLoading | kStale, 0, {}, kNone, pubsub_numsub_command},
    {"pubsub|shardchannels",
     -2,
     kPubSub | kLoading | kStale,
     0,
     {},
     kNone,
     pubsub_shardchannels_command},
    {"pubsub|shardnumsub",
     -2,
     kPubSub | kLoading | kStale,
     0,
     {},
     kNone,
     pubsub_shardnumsub_command},
    {"punsubscribe",
     -1,
     kPubSub | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     punsubscribe_command},
    {"spublish", 3, kPubSub | kLoading | kStale | kFast | kMayReplicate, 0, kNotKeyKey, kNone,
     spublish_command},
    {"ssubscribe", -2, kPubSub | kNoScript | kLoading | kStale, 0, kNotKeyAllKeys, kNone,
     ssubscribe_command},
    {"subscribe", -2, kPubSub | kNoScript | kLoading | kStale, 0, {}, kNone, subscribe_command},
    {"sunsubscribe", -1, kPubSub | kNoScript | kLoading | kStale, 0, kNotKeyAllKeys, kNone,
     sunsubscribe_command},
    {"unsubscribe", -1, kPubSub | kNoScript | kLoading | kStale, 0, {}, kNone, unsubscribe_command},

    // Transactions
    {"discard",
     1,
     kNoScript | kLoading | kStale | kFast | kAllowBusy,
     kTransaction,
     {},
     kNone,
     discard_command},
    {"exec",
     1,
     kNoScript | kLoading | kStale | kSkipSlowlog,
     kTransaction,
     {},
     kNone,
     exec_command},
    {"multi",
     1,
     kNoScript | kLoading | kStale | kFast | kAllowBusy,
     kTransaction,
     {},
     kNone,
     multi_command},
    {"unwatch",
     1,
     kNoScript | kLoading | kStale | kFast | kAllowBusy,
     kTransaction,
     {},
     kNone,
     unwatch_command},
    {"watch", -2, kNoScript | kLoading | kStale | kFast | kAllowBusy, kTransaction,
     kInspectsAllKeys, kMeta, watch_command},

    // Scripts and functions
    {"eval", -3, kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMayReplicate, kScripting,
     kEvalKeys, kValue},
    {"eval_ro", -3, kReadOnly | kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys, kScripting,
     kEvalRoKeys, kValue},
    {"evalsha", -3, kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMayReplicate,
     kScripting, kReadsUpdatesCountedKeysAt2, kValue},
    {"evalsha_ro", -3, kReadOnly | kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys, kScripting,
     kReadsCountedKeysAt2, kValue},
    {"fcall", -3, kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMayReplicate, kScripting,
     kEvalKeys, kValue},
    {"fcall_ro", -3, kReadOnly | kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys, kScripting,
     kEvalRoKeys, kValue},
    {"function", -2, 0, 0, {}, kNone},
    {"function|delete", 3, kWrite | kNoScript, kScripting, {}, kNone},
    {"function|dump", 2, kNoScript, kScripting, {}, kNone, function_dump_command},
    {"function|flush", -2, kWrite | kNoScript, kScripting, {}, kNone, function_flush_command},
    {"function|help", 2, kLoading | kStale, kScripting, {}, kNone, function_help_command},
    {"function|kill", 2, kNoScript | kAllowBusy, kScripting, {}, kNone},
    {"function|list", -2, kNoScript, kScripting, {}, kNone, function_list_command},
    {"function|load", -3, kWrite | kDenyOom | kNoScript, kScripting, {}, kNone},
    {"function|restore", -3, kWrite | kDenyOom | kNoScript, kScripting, {}, kNone},
    {"function|stats", 2, kNoScript | kAllowBusy, kScripting, {}, kNone, function_stats_command},
    {"script", -2, 0, 0, {}, kNone},
    {"script|debug", 3, kNoScript, kScripting, {}, kNone},
    {"script|exists", -3, kNoScript, kScripting, {}, kNone},
    {"script|flush", -2, kNoScript, kScripting, {}, kNone},
    {"script|help", 2, kLoading | kStale, kScripting, {}, kNone},
    {"script|kill", 2, kNoScript | kAllowBusy, kScripting, {}, kNone},
    {"script|load", 3, kNoScript | kStale, kScripting, {}, kNone},

    // Connections
    {"auth",
     -2,
     kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     kConnection,
     {},
     kNone,
     auth_command},
    {"client", -2, 0, 0, {}, kNone},
    {"client|caching", 3, kNoScript | kLoading | kStale, kConnection, {}, kNone},
    {"client|getname",
     2,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_getname_command},
    {"client|getredir",
     2,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_getredir_command},
    {"client|help", 2, kLoading | kStale, kConnection, {}, kNone, client_help_command},
    {"client|id", 2, kNoScript | kLoading | kStale, kConnection, {}, kNone, client_id_command},
    {"client|info", 2, kNoScript | kLoading | kStale, kConnection, {}, kNone, client_info_command},
    {"client|kill",
     -3,
     kAdmin | kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_kill_command},
    {"client|list",
     -2,
     kAdmin | kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_list_command},
    {"client|no-evict",
     3,
     kAdmin | kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_no_evict_command},
    {"client|no-touch",
     3,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_no_touch_command},
    {"client|pause",
     -3,
     kAdmin | kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_pause_command},
    {"client|reply",
     3,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_reply_command},
    {"client|setinfo",
     4,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_setinfo_command},
    {"client|setname",
     3,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_setname_command},
    {"client|tracking", -3, kNoScript | kLoading | kStale, kConnection, {}, kNone},
    {"client|trackinginfo",
     2,
     kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_trackinginfo_command},
    {"client|unblock",
     -3,
     kAdmin | kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_unblock_command},
    {"client|unpause",
     2,
     kAdmin | kNoScript | kLoading | kStale,
     kConnection,
     {},
     kNone,
     client_unpause_command},
    {"echo", 2, kLoading | kStale | kFast, kConnection, {}, kNone, echo_command},
    {"hello",
     -1,
     kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     kConnection,
     {},
     kNone,
     hello_command},
    {"ping", -1, kFast, kConnection, {}, kNone, ping_command},
    {"quit",
     -1,
     kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     kConnection,
     {},
     kNone,
     quit_command},
    {"reset",
     1,
     kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     kConnection,
     {},
     kNone,
     reset_command},
    {"select", 2, kLoading | kStale | kFast, kConnection, {}, kNone, select_command},

    // Server
    {"acl", -2, 0, 0, {}, kNone},
    {"acl|cat", -2, kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|deluser", -3, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|dryrun", -4, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|genpass", -2, kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|getuser", 3, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|help", 2, kLoading | kStale, 0, {}, kNone},
    {"acl|list", 2, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|load", 2, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|log", -2, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|save", 2, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|setuser", -3, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|users", 2, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone},
    {"acl|whoami", 2, kNoScript | kLoading | kStale, 0, {}, kNone},
    {"bgrewriteaof", 1, kAdmin | kNoScript | kNoAsyncLoading, 0, {}, kNone, bgrewriteaof_command},
    {"bgsave", -1, kAdmin | kNoScript | kNoAsyncLoading, 0, {}, kNone, bgsave_command},
    {"command", -1, kLoading | kStale, kConnection, {}, kNone, command_command},
    {"command|count", 2, kLoading | kStale, kConnection, {}, kNone, command_count_command},
    {"command|docs", -2, kLoading | kStale, kConnection, {}, kNone, command_docs_command},
    {"command|getkeys", -4, kLoading | kStale, kConnection, {}, kNone, command_getkeys_command},
    {"command|getkeysandflags",
     -4,
     kLoading | kStale,
     kConnection,
     {},
     kNone,
     command_getkeysandflags_command},
    {"command|help", 2, kLoading | kStale, kConnection, {}, kNone, command_help_command},
    {"command|info", -2, kLoading | kStale, kConnection, {}, kNone, command_info_command},
    {"command|list", -2, kLoading | kStale, kConnection, {}, kNone, command_list_command},
    {"config", -2, 0, 0, {}, kNone},
    {"config|get", -3, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone, config_get_command},
    {"config|help", 2, kLoading | kStale, 0, {}, kNone, config_help_command},
    {"config|resetstat",
     2,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     config_resetstat_command},
    {"config|rewrite",
     2,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     config_rewrite_command},
    {"config|set", -4, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone, config_set_command},
    {"dbsize", 1, kReadOnly | kFast, kKeyspace, {}, kNone, dbsize_command},
    {"debug", -2, kAdmin | kNoScript | kLoading | kStale | kProtected | kSystem, 0,
     RowKeys(find_debug_keys), kValue, debug_command},
    {"failover", -1, kAdmin | kNoScript | kStale, 0, {}, kNone},
    {"flushall", -1, kWrite, kKeyspace | kDangerous, {}, kNone, flushall_command},
    {"flushdb", -1, kWrite, kKeyspace | kDangerous, {}, kNone, flushdb_command},
    {"info", -1, kLoading | kStale, kDangerous, {}, kNone, info_command},
    {"lastsave",
     1,
     kLoading | kStale | kFast,
     kAdminCategory | kDangerous,
     {},
     kNone,
     lastsave_command},
    {"latency", -2, 0, 0, {}, kNone},
    {"latency|doctor",
     2,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     latency_doctor_command},
    {"latency|graph",
     3,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     latency_graph_command},
    {"latency|help", 2, kLoading | kStale, 0, {}, kNone, latency_help_command},
    {"latency|histogram",
     -2,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     latency_histogram_command},
    {"latency|history",
     3,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     latency_history_command},
    {"latency|latest",
     2,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     latency_latest_command},
    {"latency|reset",
     -2,
     kAdmin | kNoScript | kLoading | kStale,
     0,
     {},
     kNone,
     latency_reset_command},
    {"lolwut", -1, kReadOnly | kFast, 0, {}, kNone, lolwut_command},
    {"memory", -2, 0, 0, {}, kNone},
    {"memory|doctor", 2, 0, 0, {}, kNone, memory_doctor_command},
    {"memory|help", 2, kLoading | kStale, 0, {}, kNone, memory_help_command},
    {"memory|malloc-stats", 2, 0, 0, {}, kNone, memory_malloc_stats_command},
    {"memory|purge", 2, 0, 0, {}, kNone, memory_purge_command},
    {"memory|stats", 2, 0, 0, {}, kNone, memory_stats_command},
    {"memory|usage", -3, kReadOnly, 0, kInspectsKeyAt2, kValue, memory_usage_command},
    {"module", -2, 0, 0, {}, kNone},
    {"module|help", 2, kLoading | kStale, 0, {}, kNone},
    {"module|list", 2, kAdmin | kNoScript, 0, {}, kNone},
    {"module|load", -3, kAdmin | kNoScript | kNoAsyncLoading | kProtected, 0, {}, kNone},
    {"module|loadex", -3, kAdmin | kNoScript | kNoAsyncLoading | kProtected, 0, {}, kNone},
    {"module|unload", 3, kAdmin | kNoScript | kNoAsyncLoading | kProtected, 0, {}, kNone},
    {"monitor", 1, kAdmin | kNoScript | kLoading | kStale, 0, {}, kNone, monitor_command},
    {"psync", -3, kAdmin | kNoScript | kNoAsyncLoading | kNoMulti, 0, {}, kNone},
    {"replconf", -1, kAdmin | kNoScript | kLoading | kStale | kAllowBusy | kSystem, 0, {}, kNone},
    {"replicaof",
     3,
     kAdmin | kNoScript | kStale | kNoAsyncLoading,
     0,
     {},
     kNone,
     replicaof_command},
    {"restore-asking", -4, kWrite | kDenyOom | kAsking | kSystem, kKeyspace | kDangerous,
     kOverwritesKey, kMeta},
    {"role",
     1,
     kNoScript | kLoading | kStale | kFast,
     kAdminCategory | kDangerous,
     {},
     kNone,
     role_command},
    {"save", 1, kAdmin | kNoScript | kNoAsyncLoading | kNoMulti, 0, {}, kNone, save_command},
    {"shutdown",
     -1,
     kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy,
     0,
     {},
     kNone,
     shutdown_command},
    {"slaveof", 3, kAdmin | kNoScript | kStale | kNoAsyncLoading, 0, {}, kNone, replicaof_command},
    {"slowlog", -2, 0, 0, {}, kNone},
    {"slowlog|get", -2, kAdmin | kLoading | kStale, 0, {}, kNone, slowlog_get_command},
    {"slowlog|help", 2, kLoading | kStale, 0, {}, kNone, slowlog_help_command},
    {"slowlog|len", 2, kAdmin | kLoading | kStale, 0, {}, kNone, slowlog_len_command},
    {"slowlog|reset", 2, kAdmin | kLoading | kStale, 0, {}, kNone, slowlog_reset_command},
    {"swapdb", 3, kWrite | kFast, kKeyspace | kDangerous, {}, kNone, swapdb_command},
    {"sync", 1, kAdmin | kNoScript | kNoAsyncLoading | kNoMulti, 0, {}, kNone},
    {"time", 1, kLoading | kStale | kFast, 0, {}, kNone, time_command},

    // Cluster
    {"asking", 1, kFast, kConnection, {}, kNone},
    {"cluster", -2, 0, 0, {}, kNone},
    {"cluster|addslots", -3, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|addslotsrange", -4, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|bumpepoch", 2, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|count-failure-reports", 3, kAdmin | kStale, 0, {}, kNone},
    {"cluster|countkeysinslot", 3, kStale, 0, {}, kNone},
    {"cluster|delslots", -3, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|delslotsrange", -4, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|failover", -2, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|flushslots", 2, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|forget", 3, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|getkeysinslot", 4, kStale, 0, {}, kNone},
    {"cluster|help", 2, kLoading | kStale, 0, {}, kNone},
    {"cluster|info", 2, kStale, 0, {}, kNone},
    {"cluster|keyslot", 3, kStale, 0, {}, kNone},
    {"cluster|links", 2, kStale, 0, {}, kNone},
    {"cluster|meet", -4, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|myid", 2, kStale, 0, {}, kNone},
    {"cluster|nodes", 2, kStale, 0, {}, kNone},
    {"cluster|replicas", 3, kAdmin | kStale, 0, {}, kNone},
    {"cluster|replicate", 3, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|reset", -2, kAdmin | kNoScript | kStale, 0, {}, kNone},
    {"cluster|saveconfig", 2, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|set-config-epoch", 3, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|setslot", -4, kAdmin | kStale | kNoAsyncLoading, 0, {}, kNone},
    {"cluster|shards", 2, kStale, 0, {}, kNone},
    {"cluster|slaves", 3, kAdmin | kStale, 0, {}, kNone},
    {"cluster|slots", 2, kStale, 0, {}, kNone},
    {"readonly", 1, kLoading | kStale | kFast, kConnection, {}, kNone},
    {"readwrite", 1, kLoading | kStale | kFast, kConnection, {}, kNone},
    // The cold tier
    {"purgerocksdb", 1, kAdmin | kNoScript, 0, {}, kNone, purgerocksdb_command},
    {"rockall", 1, kAdmin | kNoScript, 0, {}, kNone, rockall_command},
    {"rockevict", -2, kAdmin | kNoScript, 0, kInspectsAllKeys, kMeta, rockevict_command},
    {"rockevicthash", -3, kAdmin | kNoScript, 0, kInspectsKey, kMeta, rockevicthash_command},
    {"rockmem", -2, kAdmin | kNoScript, 0, {}, kNone, rockmem_command},
    {"rockstat", 1, kAdmin | kNoScript, 0, {}, kNone, rockstat_command},
    {"tier", -2, 0, 0, {}, kNone},
    {"tier|compact", 2, kAdmin | kNoScript, 0, {}, kNone, tier_compact_command},
    {"tier|demote",
     -3,
     kAdmin | kNoScript,
     0,
     {kTierDemoteKeys, find_tier_demote_keys},
     kMeta,
     tier_demote_command},
    {"tier|help", 2, kLoading | kStale, 0, {}, kNone, tier_help_command},
    {"tier|key", 3, kReadOnly, kKeyspace, kInspectsKeyAt2, kMeta, tier_key_command},
    {"tier|promote", -3, kAdmin | kNoScript, 0, kTierPromoteKeys, kValue, tier_promote_command},
    {"tier|stats", 2, kLoading | kStale, kDangerous, {}, kNone, tier_stats_command},
};

constexpr size_t kRowCount = std::size(kRows);

constexpr uint32_t implied_categories(uint32_t flags, uint32_t named) {
  uint32_t categories = named;
  if ((flags & command_flag::kWrite) != 0) categories |= kWriteCategory;
  // Reading scripts are not @read.
  if ((flags & kReadOnly) != 0 && (named & kScripting) == 0) categories |= kRead;
  if ((flags & kAdmin) != 0) categories |= kAdminCategory | kDangerous;
  if ((flags & kPubSub) != 0) categories |= kPubSubCategory;
  if ((flags & kFast) != 0) categories |= kFastCategory;
  if ((flags & kBlocking) != 0) categories |= kBlockingCategory;
  if ((categories & kFastCategory) == 0) categories |= kSlow;
  return categories;
}

constexpr bool is_plain_range(const KeySpec& spec) {
  return spec.begin == KeySpec::Begin::kIndex && spec.find == KeySpec::Find::kRange;
}

// Fills in the position of keys as clients before Redis 7 understand it, and kMovableKeys where
// that tells less than all. The rules are Redis's.
constexpr void derive_legacy_keys(Command& command) {
  const auto specs = command.key_specs;
  if (specs.empty()) return;
  if (specs.size() == 1 && is_plain_range(specs[0])) {
    command.first_key = specs[0].index;
    command.last_key = static_cast<int16_t>(specs[0].find_a >= 0 ? specs[0].index + specs[0].find_a
                                                                 : specs[0].find_a);
    command.key_step = specs[0].find_b;
    if ((specs[0].flags & key_flag::kIncomplete) != 0) command.flags |= kMovableKeys;
    return;
  }
  int first = 0;
  int last = 0;
  for (const KeySpec& spec : specs) {
    const bool follows = last == 0 || last == spec.index - 1;
    if (!is_plain_range(spec) || spec.find_b != 1 || !follows) {
      command.flags |= kMovableKeys;
      continue;
    }
    if ((spec.flags & key_flag::kIncomplete) != 0) command.flags |= kMovableKeys;
    if (first == 0) first = spec.index;
    last = spec.find_a >= 0 ? spec.index + spec.find_a : spec.find_a;
  }
  if (first == 0) return;
  command.first_key = static_cast<int16_t>(first);
  command.last_key = static_cast<int16_t>(last);
  command.key_step = 1;
}

constexpr bool has_plain_keys(const RowKeys& keys) {
  if (keys.has_finder) return false;
  for (const KeySpec& spec : keys.specs)
    if (!is_plain_range(spec) || spec.find_c != 0) return false;
  return true;
}

constexpr Command derive(const CommandRow& row, size_t index) {
  Command command{};
  command.full_name = row.full_name;
  const size_t bar = row.full_name.find('|');
  command.name = bar == std::string_view::npos ? row.full_name : row.full_name.substr(bar + 1);
  command.arity = row.arity;
  command.flags = row.flags;
  command.acl_categories = implied_categories(row.flags, row.acl_categories);
  command.key_specs = row.keys.specs;
  command.access = row.access;
  command.has_plain_keys = has_plain_keys(row.keys);
  command.key_finder = row.keys.finder;
  command.handler = row.handler;
  command.chunked_word = row.chunked_word;
  command.id = static_cast<uint16_t>(index);
  command.container_id = command.id;
  derive_legacy_keys(command);
  return command;
}

constexpr std::array<Command, kRowCount> derive_all() {
  std::array<Command, kRowCount> commands{};
  size_t container = 0;
  for (size_t i = 0; i < kRowCount; ++i) {
    commands[i] = derive(kRows[i], i);
    if (commands[i].name.size() == commands[i].full_name.size()) {
      container = i;
      continue;
    }
    commands[i].container_id = static_cast<uint16_t>(container);
    ++commands[container].subcommand_count;
  }
  return commands;
}

constexpr std::array<Command, kRowCount> kCommands = derive_all();

// A subcommand stands below its own container.
constexpr bool is_ordered() {
  for (const Command& command : kCommands) {
    const std::string_view container = kCommands[command.container_id].full_name;
    if (!command.full_name.starts_with(container)) return false;
  }
  return true;
}
static_assert(is_ordered());

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

std::span<const Command> subcommands(const Command& container) {
  return all_commands().subspan(size_t{container.id} + 1, container.subcommand_count);
}

bool is_implemented(const Command& command) {
  if (command.handler != nullptr) return true;
  for (const Command& sub : subcommands(command))
    if (sub.handler != nullptr) return true;
  return false;
}

}  // namespace engine
