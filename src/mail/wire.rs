//! The socket under an SMTP connection: plain, plain until STARTTLS, or TLS from the first byte.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// The first byte that a TLS client writes; no SMTP command starts with it.
const TLS_HANDSHAKE: u8 = 0x16;

pub(super) enum Wire {
    /// While `by_byte` holds, it is read byte by byte, which ends when TLS begins. The SMTP reader would otherwise keep what a
    /// stranger on the way put behind the reply to STARTTLS, and later take it for replies that came through TLS.
    Tcp {
        stream: TcpStream,
        by_byte: bool,
    },
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp { stream, .. } => stream.peer_addr(),
            Self::Tls(tls) => tls.get_ref().0.peer_addr(),
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp { .. } => "Tcp",
            Self::Tls(_) => "Tls",
        })
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp { stream, by_byte: true } if buf.remaining() > 1 => {
                let mut byte = [0];
                let mut one = ReadBuf::new(&mut byte);
                ready!(Pin::new(stream).poll_read(cx, &mut one))?;
                buf.put_slice(one.filled());
                Poll::Ready(Ok(()))
            }
            Self::Tcp { stream, .. } => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp { stream, by_byte } => {
                if bytes.first() == Some(&TLS_HANDSHAKE) {
                    *by_byte = false;
                }
                Pin::new(stream).poll_write(cx, bytes)
            }
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp { stream, .. } => Pin::new(stream).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp { stream, .. } => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
