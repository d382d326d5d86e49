<%@ Page Language="C#" %>
<% Response.Write("drill"); %>
