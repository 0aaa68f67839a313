#ifndef TANDEM_CLIBSSH2_SHIM_H
#define TANDEM_CLIBSSH2_SHIM_H

#include <libssh2.h>

// libssh2 takes its callbacks as void *, which Swift cannot make of a function; 1.11 has a typed
// setter and deprecates the old one.
typedef LIBSSH2_RECV_FUNC((*tandem_recv_function));
typedef LIBSSH2_SEND_FUNC((*tandem_send_function));
typedef LIBSSH2_DISCONNECT_FUNC((*tandem_disconnect_function));

static inline void tandem_set_callbacks(LIBSSH2_SESSION *session, tandem_recv_function recv,
                                        tandem_send_function send,
                                        tandem_disconnect_function disconnect) {
#if LIBSSH2_VERSION_NUM >= 0x010b01
    libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)recv);
    libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND, (libssh2_cb_generic *)send);
    libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_DISCONNECT,
                                  (libssh2_cb_generic *)disconnect);
#else
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)recv);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)send);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_DISCONNECT, (void *)disconnect);
#endif
}

#endif
