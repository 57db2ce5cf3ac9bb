/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shim between Lua, which is not changed, and the gates: one script, one Lua state. Scripts get
 * the libraries that need no operating system, the program's functions as `host`, and `memory`, a C
 * module of the reckless kind: it hands them the whole address space. That is no reason to worry:
 * what they reach through it is what the compartment reaches.
 */
#define TWZ_GATE_PROVIDER
#include "sandbox_gates.h"
#undef TWZ_GATE_PROVIDER
#include "host_gates.h" /* as a caller */

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>
#include <twz/sys/syscall.h>
#include <unistd.h>

static int lua_host_log(lua_State *lua)
{
    size_t size;
    const char *text = luaL_checklstring(lua, 1, &size);
    if (host_log(text, size) < 0)
        return luaL_error(lua, "host.log refused");
    return 0;
}

static int lua_host_lookup(lua_State *lua)
{
    size_t size;
    const char *key = luaL_checklstring(lua, 1, &size);
    char value[HOST_TEXT_MAX];
    int64_t length = host_lookup(key, size, value, sizeof value);
    if (length < 0 || (size_t)length > sizeof value)
        lua_pushnil(lua);
    else
        lua_pushlstring(lua, value, (size_t)length);
    return 1;
}

static int lua_memory_read(lua_State *lua)
{
    lua_pushinteger(lua, *(volatile unsigned char *)luaL_checkinteger(lua, 1));
    return 1;
}

static int lua_memory_write(lua_State *lua)
{
    *(volatile unsigned char *)luaL_checkinteger(lua, 1) = (unsigned char)luaL_checkinteger(lua, 2);
    return 0;
}

/* Calls any system call of the image, gates by their numbers included. */
static int lua_memory_gate(lua_State *lua)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(TWZ_SYS_GATE_BASE + luaL_checkinteger(lua, 1)), "D"(0), "S"(0)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
    lua_pushinteger(lua, result);
    return 1;
}

static const luaL_Reg host_functions[] = {
    {"log", lua_host_log}, {"lookup", lua_host_lookup}, {NULL, NULL}};
static const luaL_Reg memory_functions[] = {{"read", lua_memory_read},
                                            {"write", lua_memory_write},
                                            {"gate", lua_memory_gate},
                                            {NULL, NULL}};

static void open_libraries(lua_State *lua)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8}};
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    luaL_newlib(lua, host_functions);
    lua_setglobal(lua, "host");
    luaL_newlib(lua, memory_functions);
    lua_setglobal(lua, "memory");
}

struct request {
    const char *script;
    size_t size;
};

/* Leaves the script's result on the stack. Everything that may run out of memory is in here. */
static int run_protected(lua_State *lua)
{
    const struct request *request = lua_touserdata(lua, 1);
    open_libraries(lua);
    if (luaL_loadbufferx(lua, request->script, request->size, "=script", "t") != LUA_OK)
        return lua_error(lua);
    lua_call(lua, 0, 1);
    luaL_tolstring(lua, -1, NULL);
    return 1;
}

int64_t sandbox_run_impl(const char *script, size_t script_size, void *result, size_t result_size)
{
    lua_State *lua = luaL_newstate();
    if (lua == NULL)
        return -TWZ_ENOMEM;
    struct request request = {script, script_size};
    lua_pushcfunction(lua, run_protected);
    lua_pushlightuserdata(lua, &request);
    int64_t status = lua_pcall(lua, 1, 1, 0) == LUA_OK ? 0 : -TWZ_EINVAL;
    const char *text = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "(no text)";
    if (result_size > 0) {
        strncpy(result, text, result_size - 1);
        ((char *)result)[result_size - 1] = '\0';
    }
    lua_close(lua);
    return status;
}
